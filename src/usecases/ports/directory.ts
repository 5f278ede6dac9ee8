import type { ClaimValue, PrincipalKind } from '../../domain/people/principal.ts';

/** A person in a directory. `issuer`: id of the provider in the configuration. */
export interface DirectoryEntry {
  readonly issuer: string;
  readonly tenant: string;
  readonly objectId: string;
}

/** A lookup of the groups of a person. */
export interface GroupQuestion extends DirectoryEntry {
  readonly kind: PrincipalKind;
  /** Object ids of the groups in the mappings. */
  readonly groups: readonly string[];
  /** The person's own access token; null where none can be exchanged. */
  readonly assertion: string | null;
  /** Digest of the token, as the key of a short cache. Null: no cache. */
  readonly tokenDigest: string | null;
}

/** The current data of a person in a directory. */
export interface DirectoryPerson {
  /** Null for an empty property; omitted if it is missing or has an unsupported shape. */
  readonly properties: ReadonlyMap<string, ClaimValue | null>;
  /** Empty unless requested. */
  readonly appRoles: readonly string[];
}

/** Looks up people and groups in a directory. Every method throws if the directory fails. */
export interface Directory {
  /** Whether people of an issuer can be looked up. */
  knows(issuer: string): boolean;
  /** Returns which of these groups the person is in, also by nested groups. */
  memberOf(question: GroupQuestion): Promise<readonly string[]>;
  /** Whether the account is an agent's. */
  isAgent(account: DirectoryEntry): Promise<boolean>;
  /** Undefined for a disabled or deleted account. */
  personNow(
    asked: DirectoryEntry & {
      /** Names; `a.b` is `b` inside `a`. */
      readonly properties: readonly string[];
      readonly appRoles: boolean;
    },
  ): Promise<DirectoryPerson | undefined>;
  /** Fetches a token of the application for a tenant, to test its registration. */
  logIn(at: Pick<DirectoryEntry, 'issuer' | 'tenant'>): Promise<void>;
}
