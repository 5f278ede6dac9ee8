/** Resource indicators (RFC 8707) and their audiences. */
import { errors, type ResourceServer } from 'oidc-provider';
import { accessTokenSeconds } from './claims.ts';
import { signInClientId, teamsClientId } from './clients.ts';

/** `aud` of tokens for `/v1`. */
export const apiAudience = 'api://countersign';

/** The resource that Teams requests when a card names none: the bot's own. */
export const botResource = (botAppId: string): string => `api://botid-${botAppId}`;

/**
 * The settings of a resource. Teams gets tokens for the bot only (`aud` is the bot's id), everybody
 * else for the API only. Any other pair is refused with `invalid_target`.
 */
export function resourceServer(options: {
  resource: string;
  clientId: string;
  botAppId: string;
}): ResourceServer {
  const { resource, clientId, botAppId } = options;
  const forBot = clientId === teamsClientId && isBotResource(resource, botAppId);
  const others = clientId !== teamsClientId && clientId !== signInClientId;
  if (!forBot && !(others && resource === apiAudience)) {
    throw new errors.InvalidTarget('this client may not ask for this resource');
  }
  return {
    scope: 'access_as_user',
    audience: forBot ? botAppId : apiAudience,
    accessTokenTTL: accessTokenSeconds,
    accessTokenFormat: 'jwt',
    jwt: { sign: { alg: 'RS256' } },
  };
}

// The forms that Teams documents: api://botid-{id}, api://{id}, api://{host}/{id}, …/botid-{id}.
function isBotResource(resource: string, botAppId: string): boolean {
  if (!resource.startsWith('api://')) return false;
  const parts = resource.slice('api://'.length).split('/');
  const last = parts.at(-1) ?? '';
  return parts.length <= 2 && (last === botAppId || last === `botid-${botAppId}`);
}
