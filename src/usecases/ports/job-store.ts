export type JobKind = 'card' | 'notify' | 'execute' | 'expire';

/**
 * Due jobs are leased in the order of their priority, then of their times. What was approved does
 * not queue behind cards: thousands may be due while Teams does not answer.
 */
export type Lane = 'execution' | 'timer' | 'delivery';
export type Priority = 0 | 1;
export const PRIORITY: Readonly<Record<Lane, Priority>> = { execution: 0, timer: 0, delivery: 1 };

/** What a job is about. */
export interface JobSubject {
  readonly type: 'request' | 'grant' | 'feed';
  readonly id: string;
}

/**
 * Durable work to be done after the commit. There is one job per `key`: another insertion moves its
 * time and revives a dead one. Payloads hold ids, never secrets.
 */
export interface NewJob {
  readonly key: string;
  readonly kind: JobKind;
  readonly about: JobSubject;
  readonly runAt: number;
  /** `earliest`: an insertion never puts the job off; `replace`: its time counts alone. */
  readonly when: 'earliest' | 'replace';
  readonly priority: Priority;
}

/** A leased job. `fence` belongs to this lease alone; ack and release must bring it. */
export interface Job<Kind extends JobKind = JobKind> extends Omit<NewJob, 'when'> {
  readonly kind: Kind;
  readonly fence: number;
  /** How often it was leased, this time included. */
  readonly attempts: number;
}

/** The job in hand, under its lease. */
export type Lease = Pick<Job, 'key' | 'fence'>;

/**
 * An insertion of a job in hand is kept for after this run: however the run ends, the job is then
 * due at the time that was asked for, or sooner.
 */
export interface JobStore {
  /** Takes up to `limit` due jobs for `leaseMs`; jobs whose lease ran out are due again. */
  leaseJobs(options: { limit: number; leaseMs: number; now: number }): Promise<readonly Job[]>;
  /**
   * Lets the leases of jobs in hand end `leaseMs` from `now`; gives the keys of those that still
   * are under this lease. A lease that has run out is taken up again where nobody else leased the job.
   */
  renewJobs(options: {
    jobs: readonly Lease[];
    leaseMs: number;
    now: number;
  }): Promise<readonly string[]>;
  /** Ends a job that is done. Whether it was still under this lease. */
  ackJob(job: Lease): Promise<boolean>;
  /**
   * Gives the job back for `runAt`, or parks it as dead where that is null. `error` null: it was not
   * tried, so the lease counts as no attempt and the job keeps the time since when it is due.
   */
  releaseJob(job: Lease & { runAt: number | null; error: string | null }): Promise<boolean>;
  /** When the next job is due (ms), undefined where none waits. */
  nextJobAt(): Promise<number | undefined>;
  /** Counts by state, for readiness and metrics. */
  countJobs(): Promise<{ readonly waiting: number; readonly dead: number }>;
}
