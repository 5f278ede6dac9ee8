import type { Recorded } from './audit-store.ts';
import type { JobSubject } from './job-store.ts';

/** `dead`, `undeliverable`: see `Parked`. `failing`: waits after a failure. `running`: is leased. */
export const JOB_STATES = ['dead', 'undeliverable', 'failing', 'running', 'waiting'] as const;
export type JobState = (typeof JOB_STATES)[number];

/** A job as an administrator sees it. */
export interface StoredJob {
  readonly key: string;
  /** A newer version may leave kinds that this one does not know. */
  readonly kind: string;
  readonly about: JobSubject;
  /** The number of the request that it is about; null where it is about something else. */
  readonly number: number | null;
  readonly state: JobState;
  /** When it is tried next, or when its lease ends; null: never. */
  readonly dueAt: number | null;
  readonly attempts: number;
  /** What the last failed attempt said. */
  readonly error: string | null;
}

export interface JobQuery {
  readonly states: readonly JobState[];
  /** Keys above this one only. */
  readonly after: string;
  readonly limit: number;
}

/** What an administrator does with jobs. */
export interface JobAdminStore {
  /** By key, upwards. */
  listJobs(query: JobQuery): Promise<readonly StoredJob[]>;
  findJob(key: string): Promise<StoredJob | undefined>;
  /** Makes a parked or failing job due and records it; false: it is neither (any more). */
  retryJob(job: { key: string; now: number; recorded: Recorded }): Promise<boolean>;
  /** Deletes a parked job and records it; false: it is not parked (any more). */
  dropJob(job: { key: string; recorded: Recorded }): Promise<boolean>;
}
