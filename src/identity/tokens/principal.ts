import type { IssuerConfig } from '../../config/config.ts';
import type { Principal, PrincipalKind, TokenEvidence } from '../../domain/people/principal.ts';
import { sha256 } from '../../lib/hash.ts';
import { identityError } from '../codes.ts';
import type { CompactToken } from './compact.ts';
import { linkedIdentitiesOf, personKey } from './links.ts';
import type { Links } from './links.ts';
import { isGuid } from '../providers.ts';
import type { Provider } from '../providers.ts';
import type { TokenTimes } from './registered-claims.ts';
import { optionalList, optionalText, optionalTime } from './optional-claims.ts';
import { requiredText, textClaim } from './registered-claims.ts';
import { ruleClaims, rolesOf } from './roles.ts';
import { own } from '../../lib/strict-json.ts';
import type { JsonObject } from '../../lib/strict-json.ts';
import { CLIENT_CLAIMS } from './token-kind.ts';
import { actorOf, isRerun, workloadKey } from './workload-key.ts';

const MAX_NAME = 200;

/** The results of the token checks. */
export interface CheckedToken {
  readonly token: CompactToken;
  readonly provider: Provider;
  /** Whose ids the token carries; an agent that acts for a person has the person's. */
  readonly kind: PrincipalKind;
  readonly agent: boolean;
  readonly audience: string;
  readonly times: TokenTimes;
  /** Groups from the directory, if the token does not list them. */
  readonly groups?: readonly string[] | undefined;
}

/** The parts of the configuration that turn claims into a principal. */
export interface PrincipalRules {
  readonly implied: (role: string) => readonly string[];
  readonly links: Links;
}

/** A person's identity in Teams. */
interface TeamsIdentity {
  readonly tenant: string;
  readonly objectId: string;
}

/**
 * The principal of a verified token. At Entra the key is cloud, tenant and object id, so v1 and v2
 * tokens give the same principal. At other providers it is the subject, unless the token has Teams
 * ids: a subject may differ for each application (pairwise, OpenID Connect Core 8.1), and one
 * person would then count as two.
 *
 * @throws IdentityError where a required claim is missing or malformed.
 */
export function principalOf(checked: CheckedToken, rules: PrincipalRules): Principal {
  const { token, provider, kind, agent, groups } = checked;
  const { claims } = token;
  const { config } = provider;
  const subject = requiredText(claims, 'sub');
  const teams = teamsIdentity(checked);
  const known = kind === 'person' ? teams : undefined;
  const ids = {
    key: keyOf(checked, { subject, teams }),
    tenant: known?.tenant ?? null,
    objectId: known?.objectId ?? null,
  };
  const linkedIdentities = linkedIdentitiesOf(rules.links, ids, actorOf(claims, config, kind));
  return {
    ...ids,
    kind: agent ? 'agent' : kind,
    provider: config.id,
    subject,
    name: nameOf(claims, config, subject),
    roles: rolesOf(claims, config, rules.implied, { tenant: teams?.tenant ?? null, groups }),
    claims: ruleClaims(claims, config.claims),
    token: evidenceOf(checked, subject),
    ...(linkedIdentities.length === 0 ? {} : { linkedIdentities }),
    ...(kind === 'workload' && isRerun(claims, config) ? { rerun: true as const } : {}),
  };
}

function keyOf(
  { provider, kind, token }: CheckedToken,
  { subject, teams }: { subject: string; teams: TeamsIdentity | undefined },
): string {
  if (teams !== undefined) return personKey(provider, teams);
  const { config } = provider;
  if (kind === 'workload' && config.keyClaims) return workloadKey(token.claims, config, subject);
  // Prevents collisions: keys of people are tenant and object id, joined by "|".
  if (config.teams !== null && subject.includes('|')) {
    throw identityError('token_claim_invalid', { about: 'sub' });
  }
  return `${config.id}|${subject}`;
}

/** Tenant and object id: for everybody at Entra, for people only elsewhere. */
function teamsIdentity({ token, provider, kind }: CheckedToken): TeamsIdentity | undefined {
  const { config, tenants } = provider;
  const names = config.teams;
  if (names === null || (config.kind !== 'entra' && kind !== 'person')) return undefined;
  const tenant = requiredText(token.claims, names.tenantClaim);
  const objectId = requiredText(token.claims, names.objectIdClaim);
  for (const [name, value] of [
    [names.tenantClaim, tenant],
    [names.objectIdClaim, objectId],
  ]) {
    const shaped = config.kind === 'entra' ? isGuid(value ?? '') : !value?.includes('|');
    if (!shaped) throw identityError('token_claim_invalid', { about: name });
  }
  if (tenants.size > 0 && !tenants.has(tenant)) throw identityError('token_tenant_not_allowed');
  return { tenant, objectId };
}

/** The display name: bounded, on one line, never used for decisions. */
function nameOf(claims: JsonObject, config: IssuerConfig, subject: string): string {
  const claimed = own(claims, config.nameClaim);
  const name = typeof claimed === 'string' && claimed.trim() !== '' ? claimed : subject;
  return name
    .toWellFormed()
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
    .slice(0, MAX_NAME)
    .toWellFormed();
}

function evidenceOf(checked: CheckedToken, subject: string): TokenEvidence {
  const { token, audience, times } = checked;
  const { claims } = token;
  const acrs = optionalList(claims, 'acrs');
  return {
    issuer: requiredText(claims, 'iss'),
    subject,
    audience,
    tokenId: optionalText(claims, 'jti') ?? optionalText(claims, 'uti'),
    clientId: clientOf(claims),
    ...times,
    authTime: optionalTime(claims, 'auth_time'),
    acr: optionalText(claims, 'acr'),
    amr: optionalList(claims, 'amr'),
    digest: sha256(token.signedText),
    ...(acrs.length === 0 ? {} : { acrs }),
  };
}

/** The client that the token was issued to; the claim differs by provider. */
export function clientOf(claims: JsonObject): string | null {
  const name = CLIENT_CLAIMS.find((claim) => textClaim(claims, claim) !== null);
  return name === undefined ? null : textClaim(claims, name);
}
