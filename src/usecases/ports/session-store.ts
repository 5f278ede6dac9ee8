import type { Recorded } from './audit-store.ts';

/**
 * The stored session of a signed-in person, one row for each person and provider. `encrypted`
 * contains the secrets (refresh token, claims) and the id of this session.
 */
export interface StoredSession {
  readonly id: string;
  readonly tenantId: string;
  readonly objectId: string;
  /** Id of the provider of the sign-in. */
  readonly provider: string;
  /** Key of the principal. */
  readonly principal: string;
  /** 1 after the sign-in; increases with every refresh of the claims. */
  readonly generation: number;
  readonly createdAt: number;
  /** The time of the last click that it proved (ms). */
  readonly usedAt: number;
  /** Its end without another use (ms), for the purge; at a click the configuration decides. */
  readonly endsAt: number;
  /** JWE of the claims and the refresh token. */
  readonly encrypted: string;
  /** Id of the encryption key. */
  readonly encryptedWith: string;
}

/** The owner of a session: the Teams sender of a click, and the provider. */
export type SessionOwner = Pick<StoredSession, 'tenantId' | 'objectId' | 'provider'>;

type EncryptedSession = Pick<StoredSession, 'id' | 'generation' | 'encrypted' | 'encryptedWith'>;

/** Selects sessions. A `person` without a tenant is this object id in any tenant. */
export type WhichSessions =
  | { readonly kind: 'one'; readonly id: string }
  | { readonly kind: 'person'; readonly objectId: string; readonly tenantId?: string }
  | { readonly kind: 'principal'; readonly key: string }
  | { readonly kind: 'all' };

export interface SessionStore {
  /** Replaces the owner's session and records the start in one commit. */
  startSession(session: StoredSession, recorded: Recorded): Promise<void>;
  /** Not cached: an end takes effect at the next call on every replica. */
  findSession(owner: SessionOwner): Promise<StoredSession | undefined>;
  /** Stores a use if the session still has this generation. */
  touchSession(
    use: Pick<StoredSession, 'id' | 'generation' | 'usedAt' | 'endsAt'>,
  ): Promise<boolean>;
  /**
   * Leases the refresh of the claims to one holder until `until`; the holder may extend it. False
   * if another holder has the lease, or the session is gone or has another generation.
   */
  leaseRefresh(lease: {
    id: string;
    generation: number;
    holder: string;
    until: number;
    now: number;
  }): Promise<boolean>;
  /**
   * Stores the result of a refresh as the next generation. False if the session is gone or has
   * another generation: then the refresh token was used twice.
   */
  renewSession(renewed: EncryptedSession): Promise<boolean>;
  /** Releases the lease without a result. */
  releaseRefresh(held: { id: string; holder: string }): Promise<void>;
  /** Stores a session re-encrypted with another key; false if it has changed. */
  reencryptSession(session: EncryptedSession): Promise<boolean>;
  /** At most `limit` sessions that are encrypted with another key. */
  sessionsNotEncryptedWith(key: string, limit: number): Promise<readonly StoredSession[]>;
  /**
   * Ends sessions and records that in one commit; returns their number. With none, records only if
   * `always` is set.
   */
  endSessions(ended: {
    which: WhichSessions;
    recorded: Recorded;
    always?: boolean;
  }): Promise<number>;
}
