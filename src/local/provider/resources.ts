/** Resource indicators (RFC 8707) and their audiences. */
import { errors, type ResourceServer } from 'oidc-provider';
import { demoBotAppId } from '../people.ts';
import { accessTokenSeconds } from './claims.ts';
import { signInClientId, teamsClientId } from './clients.ts';

/** `aud` of tokens for `/v1`. */
export const apiAudience = 'api://countersign';

/** The resource that Teams requests when a card names none: the bot's own. */
export const botResource = `api://botid-${demoBotAppId}`;

/**
 * The settings of a resource. Teams gets tokens for the bot only (`aud` is the bot's id), everybody
 * else for the API only. Any other pair is refused with `invalid_target`.
 */
export function resourceServer(resource: string, clientId: string): ResourceServer {
  const forBot = clientId === teamsClientId && isBotResource(resource);
  const others = clientId !== teamsClientId && clientId !== signInClientId;
  if (!forBot && !(others && resource === apiAudience)) {
    throw new errors.InvalidTarget('this client may not ask for this resource');
  }
  return {
    scope: 'access_as_user',
    audience: forBot ? demoBotAppId : apiAudience,
    accessTokenTTL: accessTokenSeconds,
    accessTokenFormat: 'jwt',
    jwt: { sign: { alg: 'RS256' } },
  };
}

// The forms that Teams documents: api://botid-{id}, api://{id}, api://{host}/{id}, …/botid-{id}.
function isBotResource(resource: string): boolean {
  if (!resource.startsWith('api://')) return false;
  const parts = resource.slice('api://'.length).split('/');
  const last = parts.at(-1) ?? '';
  return parts.length <= 2 && (last === demoBotAppId || last === `botid-${demoBotAppId}`);
}
