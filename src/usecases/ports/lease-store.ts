/** A lease's row as it was before it was taken. */
export interface LeaseBefore {
  /** Whose lease ran out without a release; null: it was released, or there was none. */
  readonly holder: string | null;
  /** When it ended (ms). */
  readonly until: number;
  /** What its holders left there. */
  readonly note: string | null;
}

export interface LeaseStore {
  /**
   * Takes or extends the named lease until now + leaseMs; undefined while another holds it. A note
   * replaces the one that is there.
   */
  takeLease(options: {
    name: string;
    holder: string;
    leaseMs: number;
    now: number;
    note?: string | null;
  }): Promise<{ readonly until: number; readonly before: LeaseBefore } | undefined>;
  /** Ends the holder's lease. With a note the row stays for the next holder, for some hours. */
  releaseLease(options: {
    name: string;
    holder: string;
    now: number;
    note?: string | null;
  }): Promise<void>;
  /** How many leases whose names begin so are held. */
  countLeases(options: { prefix: string; now: number }): Promise<number>;
}
