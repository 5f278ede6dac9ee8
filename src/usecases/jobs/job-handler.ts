import type { Turn } from '../ports/notifier.ts';
import type { Job, JobKind, Lane } from '../ports/job-store.ts';

/**
 * The result of a job. `acknowledged`: a commit of the job has ended it. `notBefore` (ms): nothing
 * to do before that time, and this was no attempt. `retryAtMs` null: retried after a growing delay.
 * `dead`: given up.
 */
export type JobResult =
  | 'done'
  | 'acknowledged'
  | { readonly notBefore: number; readonly why: string }
  | { readonly retryAtMs: number | null; readonly error: string }
  | { readonly dead: string };

/** What a worker passes to its job. */
export type JobContext = Omit<Turn, 'dueAt'>;

/** The handler of one kind of job. Throws faults, which are retried with growing delays. */
export interface JobHandler<Kind extends JobKind = JobKind> {
  readonly kind: Kind;
  readonly lane: Lane;
  /** Attempts before the job is parked as dead. */
  readonly maxAttempts: number;
  run(job: Job<Kind>, context: JobContext): Promise<JobResult>;
}
