import type { Recorded } from './audit-store.ts';

/**
 * What is kept between the clicks of a person who signed in: one row a person and provider. What
 * could be used (the refresh token, the claims) is inside `encrypted`, which names this very session.
 */
export interface StoredSession {
  readonly id: string;
  readonly tenantId: string;
  readonly objectId: string;
  /** Id of the provider that the person signed in at. */
  readonly provider: string;
  /** Key of the principal. */
  readonly principal: string;
  /** Rises by one whenever the claims were fetched again; 1 after the sign-in. */
  readonly generation: number;
  readonly createdAt: number;
  /** The last click that counted under it (ms). */
  readonly usedAt: number;
  /** When it ends unless it is used again (ms): for the purge; configuration decides at a click. */
  readonly endsAt: number;
  /** JWE of the claims and the refresh token. */
  readonly encrypted: string;
  /** Name of the key that it is encrypted under. */
  readonly encryptedWith: string;
}

/** Whom a session belongs to: what Teams vouches for at a click, and where they signed in. */
export type SessionOwner = Pick<StoredSession, 'tenantId' | 'objectId' | 'provider'>;

/** Which sessions are meant. A `person` without a tenant is that object id in any. */
export type WhichSessions =
  | { readonly kind: 'one'; readonly id: string }
  | { readonly kind: 'person'; readonly objectId: string; readonly tenantId?: string }
  | { readonly kind: 'principal'; readonly key: string }
  | { readonly kind: 'all' };

export interface SessionStore {
  /** Replaces the owner's last session, and records it, in one commit. */
  startSession(session: StoredSession, recorded: Recorded): Promise<void>;
  /** Never from a cache: an end takes effect at the next look, on every replica. */
  findSession(owner: SessionOwner): Promise<StoredSession | undefined>;
  /** Remembers a use, where the session is still of this generation. */
  touchSession(use: {
    id: string;
    generation: number;
    usedAt: number;
    endsAt: number;
  }): Promise<boolean>;
  /**
   * Takes the right to fetch the claims again, for one holder at a time until `until`, who may ask
   * again; false where another has it, or the session is gone or of another generation.
   */
  leaseRefresh(lease: {
    id: string;
    generation: number;
    holder: string;
    until: number;
    now: number;
  }): Promise<boolean>;
  /**
   * Writes what the refresh gave, as the next generation; false where the session has gone or is of
   * another generation than `generation`: then this refresh was one too many.
   */
  renewSession(renewed: {
    id: string;
    generation: number;
    encrypted: string;
    encryptedWith: string;
  }): Promise<boolean>;
  /** Gives the right back without a result. */
  releaseRefresh(held: { id: string; holder: string }): Promise<void>;
  /** Encrypts a session anew under another key; false where it changed in the meantime. */
  reencryptSession(session: {
    id: string;
    generation: number;
    encrypted: string;
    encryptedWith: string;
  }): Promise<boolean>;
  /** Sessions that are encrypted under another key than this, at most `limit`. */
  sessionsNotEncryptedWith(key: string, limit: number): Promise<readonly StoredSession[]>;
  /**
   * Ends sessions, in one commit with what is recorded; gives how many. Where there was none it is
   * recorded only if `always` says so.
   */
  endSessions(ended: {
    which: WhichSessions;
    recorded: Recorded;
    always?: boolean;
  }): Promise<number>;
}
