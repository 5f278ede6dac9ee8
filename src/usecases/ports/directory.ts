import type { ClaimValue, PrincipalKind } from '../../domain/people/principal.ts';

/** Somebody in a directory. `issuer`: id of the provider in the configuration. */
export interface DirectoryEntry {
  readonly issuer: string;
  readonly tenant: string;
  readonly objectId: string;
}

/** Whose groups are looked up, and which ones. */
export interface GroupQuestion extends DirectoryEntry {
  readonly kind: PrincipalKind;
  /** Object ids of the groups in the mappings. */
  readonly groups: readonly string[];
  /** The person's own access token; null where none can be exchanged. */
  readonly assertion: string | null;
  /** Digest of the token; the answer is cached for it briefly. Null: no cache. */
  readonly tokenDigest: string | null;
}

/** What a directory says of a person now. */
export interface DirectoryPerson {
  /** Null for a property that is empty; left out where it is missing or of an unsupported shape. */
  readonly properties: ReadonlyMap<string, ClaimValue | null>;
  /** Empty unless they were asked for. */
  readonly appRoles: readonly string[];
}

/** Looks people and groups up in a directory. Every method throws where it cannot tell just now. */
export interface Directory {
  /** Whether people of an issuer can be looked up. */
  knows(issuer: string): boolean;
  /** Which of some groups somebody is in, nested groups included. */
  memberOf(question: GroupQuestion): Promise<readonly string[]>;
  /** Undefined for a disabled or deleted account. */
  personNow(
    asked: DirectoryEntry & {
      /** Names; `a.b` is `b` inside `a`. */
      readonly properties: readonly string[];
      readonly appRoles: boolean;
    },
  ): Promise<DirectoryPerson | undefined>;
  /** Gets a token of the application for one tenant: the test of a registration. */
  logIn(at: Pick<DirectoryEntry, 'issuer' | 'tenant'>): Promise<void>;
}
