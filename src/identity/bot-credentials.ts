import type { Config } from '../config/config.ts';
import type { Clock } from '../lib/clock.ts';
import type { BotCredentials } from '../usecases/ports/bot-credentials.ts';
import { PROVIDER_LIMITS, boundedFetch } from '../net/bounded-fetch.ts';
import type { Fetch } from '../net/bounded-fetch.ts';
import { identityError } from './codes.ts';
import { localLogin } from './local-login.ts';
import { msalLogin } from './msal-login.ts';

/** A token is renewed when it has no more than this left. */
const EARLY_MS = 5 * 60_000;
const RETRY_MS = 2_000;

/** A new token and its remaining lifetime (ms). */
export interface BotToken {
  readonly value: string;
  readonly lifeMs: number;
}

/** Gets a new token from the bot's tenant. Throws if it gets none. */
export type Login = () => Promise<BotToken>;

/**
 * The bot's own tokens. Callers share one login, and a token is renewed five minutes before its
 * expiry. If the login fails, the old token is used until it expires, and the next login waits two
 * seconds.
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
  let held: { value: string; expiresAt: number } | undefined;
  let running: Promise<void> | undefined;
  let failure: { at: number; cause: unknown } | undefined;
  const renew = async () => {
    try {
      const { value, lifeMs } = await login();
      held = { value, expiresAt: clock.now() + lifeMs };
      failure = undefined;
    } catch (cause) {
      failure = { at: clock.now(), cause };
    }
  };
  return {
    async token() {
      const now = clock.now();
      if (held !== undefined && now < held.expiresAt - EARLY_MS) return held;
      if (failure === undefined || now - failure.at >= RETRY_MS || running !== undefined) {
        running ??= renew().finally(() => {
          running = undefined;
        });
        await running;
      }
      if (held !== undefined && clock.now() < held.expiresAt) return held;
      throw identityError('bot_login_failed', { cause: failure?.cause });
    },
  };
}

function loginOf(parts: { config: Config; fetch?: Fetch }): Login {
  const { config } = parts;
  const local = config.profile === 'local' && config.teams.cloud.loginUrl.startsWith('http:');
  const fetch = boundedFetch(parts.fetch, {
    ...PROVIDER_LIMITS,
    allowHttp: local || config.teams.credential.kind === 'managedIdentity',
  });
  return local ? localLogin(config.teams, fetch) : msalLogin(config.teams, fetch);
}
