import type { TeamsConfig } from '../config/config.ts';
import type { Clock } from '../lib/clock.ts';
import type { BotCredentials, BotToken } from '../usecases/ports/bot-credentials.ts';
import type { Fetch } from '../net/bounded-fetch.ts';
import { isJsonObject, own } from '../lib/strict-json.ts';

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
  const url = `${cloud.loginUrl}/${teams.tenantId}/oauth2/v2.0/token`;
  const login = async (): Promise<BotToken> => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: teams.appId,
        client_secret: credential.secret,
        scope: cloud.scope,
      }).toString(),
    });
    const answer: unknown = await response.json();
    const value = isJsonObject(answer) ? own(answer, 'access_token') : undefined;
    const seconds = isJsonObject(answer) ? own(answer, 'expires_in') : undefined;
    if (response.ok && typeof value === 'string' && typeof seconds === 'number') {
      return { value, expiresAt: clock.now() + seconds * 1_000 };
    }
    const error = isJsonObject(answer) ? own(answer, 'error_description') : undefined;
    throw new Error(`the login answered ${response.status}: ${String(error).slice(0, 200)}`);
  };
  let held: BotToken | undefined;
  return {
    async token() {
      if (held === undefined || clock.now() >= held.expiresAt - EARLY_MS) held = await login();
      return held;
    },
  };
}
