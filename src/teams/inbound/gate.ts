import type { TeamsConfig } from '../../config/config.ts';
import { describeError } from '../../lib/logger.ts';
import { Lru } from '../../lib/lru.ts';
import type { Basics } from '../../usecases/ports/basics.ts';
import { IdentityError } from '../../usecases/ports/identity-error.ts';
import type { ChannelTokens } from '../../usecases/ports/channel-tokens.ts';
import { readActivity } from './activity.ts';
import type { TeamsActivity } from './activity.ts';
import { isJsonObject } from '../../lib/strict-json.ts';
import { isAllowedServiceUrl, withoutSlash } from '../service-url.ts';

/** The gate's reasons to reject an activity, besides the codes of the token checks. */
export const GATE_CODES = [
  'channel_token_missing',
  'activity_malformed',
  'channel_not_teams',
  'recipient_not_bot',
  'service_url_not_allowed',
  'tenant_not_allowed',
  'channel_token_unverified',
  'channel_not_endorsed',
  'service_url_mismatch',
] as const;

/** An accepted activity, or the code. The caller answers 401 for every code. */
export type GateResult =
  | { readonly ok: true; readonly activity: TeamsActivity }
  | { readonly ok: false; readonly code: string };

const MAX_TOKEN = 8_192;
const LOG_EVERY_MS = 60_000;

/**
 * The gate in front of botbuilder. Botbuilder accepts a missing `serviceUrl`, a blank `channelId`,
 * tokens without `exp`, and tokens that any tenant issued to the bot (its emulator path). The gate
 * requires a token of the Bot Framework (`tokens`: issuer, audience, expiry, RS256) with a key that
 * is endorsed for Teams. Its `serviceurl` must equal the activity's and be on the allow-list, and
 * everybody in the activity must belong to an allowed tenant. Cheap checks come before the
 * signature.
 *
 * An activity may pass twice, because Teams repeats an invoke after a time-out. What follows is
 * idempotent: a decision counts once for a person and stage.
 */
export function createGate(
  given: Pick<Basics, 'clock' | 'log'> & {
    config: TeamsConfig;
    tokens: ChannelTokens;
    allowLoopbackHttp: boolean;
  },
) {
  const { config, tokens, allowLoopbackHttp } = given;
  const rules = { hosts: config.cloud.serviceUrlHosts, allowLoopbackHttp };
  const tenants = new Set(config.allowedTenants.map((tenant) => tenant.toLowerCase()));
  const recipient = `28:${config.appId}`.toLowerCase();
  const refuse = refusals(given);
  return {
    /** Whether a post to /api/messages comes from Teams. `body`: parsed JSON. Never throws. */
    async check({
      authorization,
      body,
    }: {
      authorization: string | undefined;
      body: unknown;
    }): Promise<GateResult> {
      const token = bearer(authorization);
      if (token === undefined) return refuse('channel_token_missing');
      const activity = readActivity(body);
      if (!activity || !isJsonObject(body)) return refuse('activity_malformed');
      if (body.channelId !== 'msteams') return refuse('channel_not_teams');
      if (recipientOf(body) !== recipient) return refuse('recipient_not_bot');
      if (!isAllowedServiceUrl(activity.serviceUrl, rules))
        return refuse('service_url_not_allowed');
      const involved = [activity.tenantId, activity.senderTenantId];
      if (!involved.every((tenant) => tenants.has(tenant))) return refuse('tenant_not_allowed');
      try {
        const { serviceUrl, endorsements } = await tokens.verify(token);
        if (!endorsements.includes('msteams')) return refuse('channel_not_endorsed');
        if (withoutSlash(serviceUrl) !== withoutSlash(activity.serviceUrl)) {
          return refuse('service_url_mismatch');
        }
        return { ok: true, activity };
      } catch (error) {
        if (error instanceof IdentityError) return refuse(error.code);
        given.log.error('channel token could not be checked', { error: describeError(error) });
        return refuse('channel_token_unverified');
      }
    },
  };
}

/** Logs each code at most once a minute, so that outsiders cannot flood the log. */
function refusals(given: Pick<Basics, 'clock' | 'log'>) {
  const logged = new Lru<number>(100);
  return (code: string): GateResult => {
    const now = given.clock.now();
    if (now - (logged.get(code) ?? -LOG_EVERY_MS) >= LOG_EVERY_MS) {
      logged.set(code, now);
      given.log.warn('activity refused at the gate', { code });
    }
    return { ok: false, code };
  };
}

function bearer(authorization: string | undefined): string | undefined {
  if (authorization === undefined || authorization.length > MAX_TOKEN) return undefined;
  return /^Bearer ([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)$/.exec(authorization)?.[1];
}

function recipientOf(body: Readonly<Record<string, unknown>>): string | undefined {
  const id = isJsonObject(body.recipient) ? body.recipient.id : undefined;
  return typeof id === 'string' ? id.toLowerCase() : undefined;
}
