import type { Turn } from '../ports/notifier.ts';
import type { Job, JobKind, Lane } from '../ports/job-store.ts';

/**
 * What became of a job. `acknowledged`: a commit of its own said that it is done. `notBefore` (ms):
 * there is nothing to do until then, and this was no attempt. `retryAtMs` null: it is tried again
 * after a growing rest. `dead`: it is given up.
 */
export type JobResult =
  | 'done'
  | 'acknowledged'
  | { readonly notBefore: number; readonly why: string }
  | { readonly retryAtMs: number | null; readonly error: string }
  | { readonly dead: string };

/** What a worker offers to the job that it runs. */
export type JobContext = Omit<Turn, 'dueAt'>;

/** How one kind of job is carried out. Faults are thrown, and tried again with growing rests. */
export interface JobHandler<Kind extends JobKind = JobKind> {
  readonly kind: Kind;
  readonly lane: Lane;
  /** Attempts before the job is parked as dead. */
  readonly maxAttempts: number;
  run(job: Job<Kind>, context: JobContext): Promise<JobResult>;
}
