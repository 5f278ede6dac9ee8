import type { Config } from '../config/config.ts';
import { createBotCredentials } from '../identity/bot-credentials.ts';
import { findingsOf } from '../identity/inspect/finding.ts';
import type { Finding, Findings } from '../identity/inspect/finding.ts';
import { systemClock } from '../lib/clock.ts';
import { describeError } from '../lib/logger.ts';
import { boundedFetch, PROVIDER_LIMITS } from '../net/bounded-fetch.ts';
import { networkAdvice } from '../net/failure-advice.ts';

/** The smallest page that Teams gives. */
const PAGE = 50;

/** Reads who is in each channel, as the bot: whether it is there, and may post. Posts nothing. */
export async function probeChannels(config: Config): Promise<readonly Finding[]> {
  const names = Object.keys(config.channels);
  let token: string;
  try {
    token = (await createBotCredentials({ config, clock: systemClock }).token()).value;
  } catch {
    // The finding about the login says why.
    return names.flatMap((name) => {
      const { list, warn } = findingsOf(`channel ${name}`);
      warn('bot', 'not tried, because the bot cannot log in', 'mend the login of the bot first');
      return list;
    });
  }
  const found = await Promise.all(names.map((name) => probe(name, { config, token })));
  return found.flat();
}

async function probe(
  name: string,
  { config, token }: { config: Config; token: string },
): Promise<readonly Finding[]> {
  const findings = findingsOf(`channel ${name}`);
  const { serviceUrl, channelId } = config.channels[name] ?? { serviceUrl: '', channelId: '' };
  const fetch = boundedFetch(undefined, {
    ...PROVIDER_LIMITS,
    allowHttp: config.profile === 'local',
    proxy: config.server.proxy,
  });
  const path = `v3/conversations/${encodeURIComponent(channelId)}/pagedmembers?pageSize=${PAGE}`;
  try {
    const { status } = await fetch(`${serviceUrl.replace(/\/*$/, '/')}${path}`, {
      headers: { authorization: `Bearer ${token}`, accept: 'application/json' },
    });
    judge(findings, status);
  } catch (error) {
    const change = networkAdvice(error) ?? `check channels.${name}.serviceUrl`;
    findings.fail('bot', describeError(error).slice(0, 300), change);
  }
  return findings.list;
}

function judge({ ok, warn, fail }: Findings, status: number): void {
  if (status === 200) return ok('bot', 'the bot is in this channel');
  const answered = `the Bot Connector answered ${status}`;
  if (status === 403) {
    return fail('bot', `${answered}: the bot is not in this channel`, 'add the app to the team');
  }
  if (status === 404) {
    const change = 'paste the link of the channel again ("Get link to channel" in Teams)';
    return fail('bot', `${answered}: it knows no such channel`, change);
  }
  if (status === 401) {
    const change = 'check teams.appId and teams.tenantId, and that the Azure bot has this app id';
    return fail('bot', `${answered}: it refuses the token of the bot`, change);
  }
  warn('bot', answered, 'try again later; Teams may be busy');
}
