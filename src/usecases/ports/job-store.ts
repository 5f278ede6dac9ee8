export type JobKind = 'card' | 'notify' | 'execute' | 'expire';

/**
 * Durable work to be done after the commit. There is one job per `key`: another insertion raises
 * `wanted`, brings `runAt` forward and revives a dead one. Payloads hold ids, never secrets.
 */
export interface NewJob {
  readonly key: string;
  readonly kind: JobKind;
  readonly requestId: string;
  /** What the job is about within its request, such as a card's id. */
  readonly subject: string;
  readonly runAt: number;
  /** The revision that must be delivered for the job to be done; 0 where it has none. */
  readonly wanted: number;
}

/** A leased job. `fence` belongs to this lease alone; ack and fail must bring it. */
export interface Job extends NewJob {
  readonly fence: number;
  /** How often it was leased, this time included. */
  readonly attempts: number;
}

export interface JobStore {
  /** Takes up to `limit` due jobs for `leaseMs`; jobs whose lease ran out are due again. */
  leaseJobs(options: { limit: number; leaseMs: number; now: number }): Promise<readonly Job[]>;
  /**
   * Lets the leases of jobs in hand end `leaseMs` from `now`; gives the keys of those that still
   * are under this lease. A lease that has run out is taken up again where nobody else leased the job.
   */
  renewJobs(options: {
    jobs: readonly { readonly key: string; readonly fence: number }[];
    leaseMs: number;
    now: number;
  }): Promise<readonly string[]>;
  /** Whether the job was still under this lease. `done` as in Change.ack. */
  ackJob(job: { key: string; fence: number; done: number; now: number }): Promise<boolean>;
  /** Gives the job back for `runAt`, or parks it as dead where that is null. */
  failJob(job: {
    key: string;
    fence: number;
    runAt: number | null;
    error: string;
    now: number;
  }): Promise<boolean>;
  /**
   * Gives a job back that was not tried: this lease counts as no attempt. It is due again at
   * `runAt`, and keeps the time since when it is due.
   */
  postponeJob(job: { key: string; fence: number; runAt: number }): Promise<boolean>;
  /** When the next job is due (ms), undefined where none waits. */
  nextJobAt(): Promise<number | undefined>;
  /** Counts by state, for readiness and metrics. */
  countJobs(): Promise<{ readonly waiting: number; readonly dead: number }>;
}
