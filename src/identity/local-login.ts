import * as oidc from 'openid-client';
import type { TeamsConfig } from '../config/config.ts';
import type { Clock } from '../lib/clock.ts';
import type { BotCredentials, BotToken } from '../usecases/ports/bot-credentials.ts';
import type { Fetch } from '../net/bounded-fetch.ts';

/** As msal does: a token is renewed when it has no more than this left. */
const EARLY_MS = 5 * 60_000;

/**
 * The bot's login in the local profile: client credentials (RFC 6749 4.4) over http, which msal
 * refuses. It uses the protocol of the v2.0 endpoint. Never used in production.
 */
export function localLogin(
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
