import type { Config } from '../config/config.ts';
import type { Clock } from '../lib/clock.ts';
import type { BotCredentials, BotToken } from '../usecases/ports/bot-credentials.ts';
import { PROVIDER_LIMITS, boundedFetch } from '../net/bounded-fetch.ts';
import type { Fetch } from '../net/bounded-fetch.ts';
import { identityError } from './codes.ts';
import { localLogin } from './local-login.ts';
import { msalLogin } from './msal-login.ts';

/**
 * The bot's own tokens. The login caches and renews them; callers at the same time share one call
 * of it. If it fails, the last token is used until it expires.
 *
 * `token()` throws IdentityError `bot_login_failed`.
 */
export function createBotCredentials(parts: {
  config: Config;
  clock: Clock;
  fetch?: Fetch;
}): BotCredentials {
  const { clock } = parts;
  const login = loginOf(parts);
  let last: BotToken | undefined;
  let running: Promise<BotToken> | undefined;
  const current = async () => {
    try {
      last = await login.token();
      return last;
    } catch (cause) {
      if (last !== undefined && clock.now() < last.expiresAt) return last;
      throw identityError('bot_login_failed', { cause });
    }
  };
  return {
    token() {
      running ??= current().finally(() => {
        running = undefined;
      });
      return running;
    },
  };
}

function loginOf(parts: { config: Config; clock: Clock; fetch?: Fetch }): BotCredentials {
  const { clock } = parts;
  const { profile, teams } = parts.config;
  const local = profile === 'local' && teams.cloud.loginUrl.startsWith('http:');
  const fetch = boundedFetch(parts.fetch, {
    ...PROVIDER_LIMITS,
    allowHttp: local || teams.credential.kind === 'managedIdentity',
  });
  return local ? localLogin(teams, { clock, fetch }) : msalLogin(teams, { clock, fetch });
}
