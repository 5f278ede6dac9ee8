export interface Housekeeping {
  /** The database's own clock (ms). */
  now(): Promise<number>;
  /**
   * Forgets once-keys, change ids, leases, sign-in links and sessions past their time, at most
   * `limit` rows of each.
   */
  purge(now: number, limit: number): Promise<number>;
  /** Throws where the store cannot be read and written. */
  check(): Promise<void>;
  close(): Promise<void>;
}
