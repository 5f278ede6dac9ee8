import * as oidc from 'openid-client';
import type { Config, TeamsConfig } from '../config/config.ts';
import type { Clock } from '../lib/clock.ts';
import type { BotCredentials, BotToken } from '../usecases/ports/bot-credentials.ts';
import { PROVIDER_LIMITS, boundedFetch } from '../net/bounded-fetch.ts';
import type { Fetch } from '../net/bounded-fetch.ts';
import { identityError } from './codes.ts';
import { msalLogin } from './msal-login.ts';

/** As msal does: a token is renewed when it has no more than this left. */
const EARLY_MS = 5 * 60_000;

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
  const limits = { ...PROVIDER_LIMITS, proxy: parts.config.server.proxy };
  const fetch = boundedFetch(parts.fetch, { ...limits, allowHttp: local });
  // A managed identity's tokens come from the machine itself, over plain http.
  const platform = boundedFetch(parts.fetch, { ...limits, allowHttp: true });
  return local ? localLogin(teams, { clock, fetch }) : msalLogin(teams, { clock, fetch, platform });
}

/**
 * The bot's login in the local profile: client credentials (RFC 6749 4.4) over http, which msal
 * refuses. It uses the protocol of the v2.0 endpoint. Never used in production.
 */
function localLogin(
  teams: TeamsConfig,
  { clock, fetch }: { clock: Clock; fetch: Fetch },
): BotCredentials {
  const { credential, cloud } = teams;
  if (credential.kind !== 'secret') {
    throw new Error('teams.credential: the local profile logs in with a secret');
  }
  const client = new oidc.Configuration(
    {
      issuer: cloud.loginUrl,
      token_endpoint: `${cloud.loginUrl}/${teams.tenantId}/oauth2/v2.0/token`,
    },
    teams.appId,
    undefined,
    oidc.ClientSecretPost(credential.secret),
  );
  oidc.allowInsecureRequests(client);
  client[oidc.customFetch] = (url, init) => fetch(url, init as RequestInit);
  const login = async (): Promise<BotToken> => {
    const given = await oidc.clientCredentialsGrant(client, { scope: cloud.scope });
    const seconds = given.expires_in ?? 0;
    return { value: given.access_token, expiresAt: clock.now() + seconds * 1_000 };
  };
  let held: BotToken | undefined;
  return {
    async token() {
      if (held === undefined || clock.now() >= held.expiresAt - EARLY_MS) held = await login();
      return held;
    },
  };
}
