import type { TeamsConfig } from '../../config/config.ts';
import type { Principal } from '../../domain/people/principal.ts';
import type { TeamsSender } from '../../usecases/ports/teams-sender.ts';
import { identityError } from '../codes.ts';
import { clientOf } from './principal.ts';
import { own } from '../../lib/strict-json.ts';
import type { JsonObject } from '../../lib/strict-json.ts';
import type { VerifiedToken } from './verify-token.ts';

/**
 * Checks that a verified token belongs to the person who clicked: a delegated token with the single
 * sign-on scope, requested by Teams, with the sender's object id and tenant. Teams reuses tokens
 * between clicks, so a decision is bound to person and activity, not to the token.
 *
 * @throws IdentityError `sso_…`.
 */
export function checkSingleSignOn(
  verified: VerifiedToken,
  given: { rules: TeamsConfig['singleSignOn']; sender: TeamsSender },
): Principal {
  const { principal, claims } = verified;
  const { rules, sender } = given;
  // An agent may ask; that it never decides is for the domain to refuse and record.
  if (principal.kind !== 'person' && principal.kind !== 'agent')
    throw identityError('sso_not_person');
  checkVersion(claims, principal.token.audience);
  if (!scopesOf(claims).includes(rules.scope)) throw identityError('sso_scope_missing');
  const client = clientOf(claims);
  if (client === null || !rules.clients.includes(client)) throw identityError('sso_wrong_client');
  if (principal.tenant === null || principal.objectId === null) {
    throw identityError('sso_wrong_person', { about: 'no_directory_id' });
  }
  if (principal.tenant !== sender.tenantId) throw identityError('sso_wrong_tenant');
  if (principal.objectId !== sender.objectId) throw identityError('sso_wrong_person');
  return principal;
}

/** Entra's v2.0 issuer uses the client id as audience; the v1.0 issuer also api:// resources. */
function checkVersion(claims: JsonObject, audience: string): void {
  const iss = own(claims, 'iss');
  const version = own(claims, 'ver');
  const isV2 = typeof iss === 'string' && iss.endsWith('/v2.0');
  const isV1 = typeof iss === 'string' && /^https:\/\/sts\.[a-z.]+\/[0-9a-f-]{36}\/$/.test(iss);
  const fits =
    (!isV2 || (version === '2.0' && !audience.includes(':'))) && (!isV1 || version === '1.0');
  if (!fits) throw identityError('sso_wrong_version');
}

function scopesOf(claims: JsonObject): readonly string[] {
  const scp = own(claims, 'scp');
  return typeof scp === 'string' ? scp.split(' ') : [];
}
