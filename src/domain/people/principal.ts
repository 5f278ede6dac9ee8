/** A claim's value as rules may use it. */
export type ClaimValue = string | number | boolean | readonly string[];

/** `agent`: software that acts as a person or for one, or as itself (AI agents). */
export type PrincipalKind = 'person' | 'workload' | 'agent';

/**
 * Who somebody is, without what they may do: what is stored with requests and decisions.
 * `key` alone identifies (provider and subject; for Entra cloud, tenant and object id); the name is
 * for showing and decides nothing.
 */
export interface PrincipalRef {
  readonly key: string;
  readonly kind: PrincipalKind;
  readonly provider: string;
  readonly subject: string;
  /** The directory that Teams knows this identity by; null for identities outside Teams. */
  readonly tenant: string | null;
  readonly objectId: string | null;
  readonly name: string;
  /**
   * Keys of other identities of the same person: those that an administrator linked, and the human
   * whom a pipeline's token names. For rules that keep people apart; grants nothing.
   */
  readonly linkedIdentities?: readonly string[];
  /** A pipeline run that was started again: its token does not prove by whom. */
  readonly rerun?: true;
}

/** What is kept of the token that proved a principal; never the token. Times in ms. */
export interface TokenEvidence {
  readonly issuer: string;
  readonly subject: string;
  readonly audience: string;
  /** `jti` or Entra's `uti`. */
  readonly tokenId: string | null;
  readonly clientId: string | null;
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly authTime: number | null;
  readonly acr: string | null;
  readonly amr: readonly string[];
  /** Entra's authentication contexts, where the token names any. */
  readonly acrs?: readonly string[];
  /** SHA-256 over header and payload (not the signature, which has more than one encoding). */
  readonly digest: string;
}

/** How a principal was proven, and when its claims were verified (ms). */
export interface Proof {
  /**
   * `session`: fresh claims of an earlier sign-in. `refresh`: claims that the provider returned
   * for this use. `look-up`: a valid token whose claims were too old, with roles and claims that
   * the directory returned for this use.
   */
  readonly way: 'bearer' | 'single-sign-on' | 'sign-in' | 'session' | 'refresh' | 'look-up';
  readonly verifiedAt: number;
  readonly sessionId: string | null;
}

/** A verified identity: the person or workload that a checked token speaks for. */
export interface Principal extends PrincipalRef {
  readonly roles: readonly string[];
  /** The claims that configuration makes available to rules; own properties only. */
  readonly claims: Readonly<Record<string, ClaimValue>>;
  readonly token: TokenEvidence;
  readonly proof?: Proof;
}

/**
 * Whether two identities may be one person: the same key, or the same person in the directory that
 * Teams knows (who may come through one provider by single sign-on and through another by the
 * sign-in button), or identities that an administrator linked. For rules that keep people
 * apart; what somebody is granted goes by `key` alone.
 */
export function samePerson(one: PrincipalRef, other: PrincipalRef): boolean {
  if (one.key === other.key) return true;
  const known = namesOf(one);
  return namesOf(other).some((name) => known.includes(name));
}

/**
 * The name of a person in the directory that Teams knows, whichever provider vouched for them. It
 * stands among the keys of linked identities and cannot collide: no key begins with `teams:`.
 */
export function directoryName(person: { tenant: string; objectId: string }): string {
  // Teams' ids are GUIDs, which some providers write in capitals.
  return `teams:${person.tenant}|${person.objectId}`.toLowerCase();
}

/** The ids of an identity in the directory that Teams knows; null where it has none. */
export function teamsIdsOf({
  tenant,
  objectId,
}: Pick<PrincipalRef, 'tenant' | 'objectId'>): { tenantId: string; objectId: string } | null {
  return tenant === null || objectId === null ? null : { tenantId: tenant, objectId };
}

/** All names of an identity, for rules that keep people apart. */
function namesOf({
  key,
  linkedIdentities = [],
  tenant,
  objectId,
}: PrincipalRef): readonly string[] {
  const inDirectory =
    tenant === null || objectId === null ? [] : [directoryName({ tenant, objectId })];
  return [key, ...linkedIdentities, ...inDirectory];
}

/** The part of a principal that is stored. */
export function refOf(principal: PrincipalRef): PrincipalRef {
  const { key, kind, provider, subject, tenant, objectId, name } = principal;
  const { linkedIdentities = [], rerun } = principal;
  return {
    ...{ key, kind, provider, subject, tenant, objectId, name },
    ...(linkedIdentities.length === 0 ? {} : { linkedIdentities }),
    ...(rerun === undefined ? {} : { rerun }),
  };
}
