import type { IssuerConfig } from '../../config/config.ts';
import type { PrincipalKind } from '../../domain/people/principal.ts';
import { identityError } from '../codes.ts';
import { own } from '../../lib/strict-json.ts';
import type { JsonObject } from '../../lib/strict-json.ts';

/** Claims of ID tokens only (OpenID Connect Core 2, 3.1.3.6, 3.3.2.11). */
const ID_TOKEN_CLAIMS = ['nonce', 'at_hash', 'c_hash', 's_hash'] as const;
/** Keycloak names its other tokens in the claim `typ`; logout tokens carry `events`. */
const OTHER_TOKENS = new Set(['ID', 'Refresh', 'Offline', 'Logout']);
const PERSON_CLAIMS = ['preferred_username', 'email'] as const;
/** Null in them says nothing; any other shape still tells of a person's sign-in. */
const SIGN_IN_CLAIMS = ['auth_time', 'amr'] as const;

/** Refuses anything but an access token. @throws IdentityError `token_is_id_token`. */
export function refuseIdToken(claims: JsonObject): void {
  const sign = ID_TOKEN_CLAIMS.find((name) => Object.hasOwn(claims, name));
  const typ = own(claims, 'typ');
  const other = typeof typ === 'string' && OTHER_TOKENS.has(typ);
  if (sign !== undefined || other || Object.hasOwn(claims, 'events')) {
    throw identityError('token_is_id_token', { about: sign ?? 'typ' });
  }
  // Amazon Cognito's ID tokens may have no other sign.
  if (own(claims, 'token_use') === 'id') {
    throw identityError('token_is_id_token', { about: 'token_use' });
  }
}

/** Client id claims: `azp` (v2, OpenID Connect), `appid` (Entra v1), RFC 9068's, Okta's `cid`. */
export const CLIENT_CLAIMS = ['azp', 'appid', 'client_id', 'cid'] as const;
/** Keycloak's user names for service accounts; people cannot register with this prefix. */
const SERVICE_ACCOUNT = /^service-account-/i;

/**
 * Whether an application obtained the token for itself: `idtyp`, Auth0's `gty`, or a subject equal
 * to the client (RFC 9068 2.2; Auth0 appends `@clients`). At Entra: no `scp`, and `oid` equals
 * `sub`.
 */
export function isAppOnly(claims: JsonObject): boolean {
  if (own(claims, 'idtyp') === 'app' || own(claims, 'gty') === 'client-credentials') return true;
  const sub = own(claims, 'sub');
  const clients = CLIENT_CLAIMS.map((name) => own(claims, name));
  if (
    typeof sub === 'string' &&
    (clients.includes(sub) || clients.includes(sub.replace(/@clients$/, '')))
  )
    return true;
  const username = own(claims, 'preferred_username');
  if (typeof username === 'string' && SERVICE_ACCOUNT.test(username)) return true;
  return (
    !hasScope(claims) &&
    clients.some((client) => typeof client === 'string') &&
    typeof sub === 'string' &&
    own(claims, 'oid') === sub
  );
}

/**
 * Whether an access token is for a person or a workload, as far as its issuer may be used for it.
 *
 * @throws IdentityError `token_kind_unclear`, `token_kind_not_accepted`.
 */
export function kindOf(claims: JsonObject, issuer: IssuerConfig): PrincipalKind {
  const kind = issuer.kind === 'entra' ? entraKind(claims) : plainKind(claims, issuer);
  if (kind === undefined) throw identityError('token_kind_unclear');
  const use = kind === 'person' ? 'people' : 'workloads';
  if (!issuer.use.includes(use)) throw identityError('token_kind_not_accepted', { about: kind });
  return kind;
}

/**
 * Entra: a delegated token has `scp`, an app-only one does not. A token with both signs is refused.
 */
function entraKind(claims: JsonObject): PrincipalKind | undefined {
  const app = isAppOnly(claims);
  if (hasScope(claims)) return app ? undefined : 'person';
  return app ? 'workload' : undefined;
}

/**
 * Other providers: the issuer's configured use decides, unless the token shows otherwise. If the
 * issuer serves both, the token must show which.
 */
function plainKind(claims: JsonObject, issuer: IssuerConfig): PrincipalKind | undefined {
  if (isAppOnly(claims)) return 'workload';
  const person =
    own(claims, 'idtyp') === 'user' ||
    hasScope(claims) ||
    PERSON_CLAIMS.some((name) => Object.hasOwn(claims, name)) ||
    SIGN_IN_CLAIMS.some((name) => (own(claims, name) ?? null) !== null) ||
    (issuer.teams !== null && Object.hasOwn(claims, issuer.teams.objectIdClaim));
  if (person || !issuer.use.includes('workloads')) return 'person';
  return issuer.use.includes('people') ? undefined : 'workload';
}

function hasScope(claims: JsonObject): boolean {
  const scp = own(claims, 'scp');
  return (typeof scp === 'string' && scp !== '') || (Array.isArray(scp) && scp.length > 0);
}
