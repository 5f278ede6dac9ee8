export interface Housekeeping {
  /** The time of the database (ms). */
  now(): Promise<number>;
  /**
   * Deletes expired once-keys, change ids, leases, sign-in links and sessions, at most `limit` rows
   * of each.
   */
  purge(now: number, limit: number): Promise<number>;
  /** Throws if the store cannot be read or written. */
  check(): Promise<void>;
  close(): Promise<void>;
}
