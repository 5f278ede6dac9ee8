export type JobKind = 'card' | 'notify' | 'reply' | 'execute' | 'expire';

/**
 * Due jobs are leased by priority, then by time. Executions do not wait behind cards, of which
 * thousands may be due while Teams does not answer.
 */
export type Lane = 'execution' | 'timer' | 'delivery';
export type Priority = 0 | 1;
export const PRIORITY: Readonly<Record<Lane, Priority>> = { execution: 0, timer: 0, delivery: 1 };

/** The subject of a job. `person`: the key of a Teams person. */
export interface JobSubject {
  readonly type: 'request' | 'grant' | 'feed' | 'person';
  readonly id: string;
}

/**
 * Durable work after a commit. There is one job for each `key`: another insertion moves its time
 * and revives a parked job. Keys and subjects contain ids, never secrets.
 */
export interface NewJob {
  readonly key: string;
  readonly kind: JobKind;
  readonly about: JobSubject;
  readonly runAt: number;
  /** `earliest`: an insertion never moves the job later; `replace`: it sets the time. */
  readonly when: 'earliest' | 'replace';
  readonly priority: Priority;
  /** JSON of what is to be sent, where it cannot be made again; an erasure deletes it. */
  readonly body?: string | null;
}

/**
 * Why a job runs no more. `dead`: it failed, and an operator must look. `undeliverable`: Teams did
 * not take the message until nobody needed it any more.
 */
export type Parked = 'dead' | 'undeliverable';

/** Jobs by state. `waiting`: due, leased or scheduled. */
export interface JobCounts {
  readonly waiting: number;
  readonly dead: number;
  readonly undeliverable: number;
}

/** A leased job. `fence` identifies this lease; ack and release need it. */
export interface Job<Kind extends JobKind = JobKind> extends Omit<NewJob, 'when'> {
  readonly kind: Kind;
  readonly fence: number;
  /** The number of leases, including this one. */
  readonly attempts: number;
}

/** A held job, by its lease. */
export type Lease = Pick<Job, 'key' | 'fence'>;

/**
 * An insertion of a held job applies after the current run: however the run ends, the job is then
 * due at the inserted time or earlier.
 */
export interface JobStore {
  /** Leases up to `limit` due jobs for `leaseMs`; jobs with an expired lease are due again. */
  leaseJobs(options: { limit: number; leaseMs: number; now: number }): Promise<readonly Job[]>;
  /**
   * Extends the leases of held jobs to `now` + `leaseMs`; returns the keys of those still under
   * this lease. Extends an expired lease too, unless somebody else leased the job.
   */
  renewJobs(options: {
    jobs: readonly Lease[];
    leaseMs: number;
    now: number;
  }): Promise<readonly string[]>;
  /** Ends a finished job; returns whether it was still under this lease. */
  ackJob(job: Lease): Promise<boolean>;
  /**
   * Returns the job for a run at `runAt`, or parks it if that is null; default: as dead. `error`
   * null: it was not tried, so the lease is no attempt and the job keeps its due time.
   */
  releaseJob(
    job: Lease & { runAt: number | null; error: string | null; parked?: Parked },
  ): Promise<boolean>;
  /**
   * Makes the card jobs that failed so far due at `now`, parked ones too: those of cards in these
   * channels (by configured name) or this conversation. Returns their number.
   */
  wakeCards(place: {
    channels: readonly string[];
    conversationId: string;
    now: number;
  }): Promise<number>;
  /** The due time of the next job (ms); undefined without waiting jobs. */
  nextJobAt(): Promise<number | undefined>;
  /** Counts by state, for readiness and metrics. */
  countJobs(): Promise<JobCounts>;
}
