/** The row of a lease before it was taken. */
export interface LeaseBefore {
  /** The holder whose lease expired without a release; null: released, or no row. */
  readonly holder: string | null;
  /** When it ended (ms). */
  readonly until: number;
  /** The note of its holders. */
  readonly note: string | null;
}

export interface LeaseStore {
  /**
   * Takes or extends the named lease until now + leaseMs; undefined while another holder has it. A
   * note replaces the stored one.
   */
  takeLease(options: {
    name: string;
    holder: string;
    leaseMs: number;
    now: number;
    note?: string | null;
  }): Promise<{ readonly until: number; readonly before: LeaseBefore } | undefined>;
  /** Ends the holder's lease. With a note the row remains some hours for the next holder. */
  releaseLease(options: {
    name: string;
    holder: string;
    now: number;
    note?: string | null;
  }): Promise<void>;
  /** The number of held leases whose names begin with `prefix`. */
  countLeases(options: { prefix: string; now: number }): Promise<number>;
}
