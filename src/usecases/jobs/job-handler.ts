import type { JobDeps } from '../app-context.ts';
import type { DeliveryError } from '../ports/delivery-error.ts';
import type { Turn } from '../ports/notifier.ts';
import type { Job, JobKind, Lane } from '../ports/job-store.ts';

/**
 * The result of a job. `acknowledged`: a commit of the job has ended it. `notBefore` (ms): nothing
 * to do before that time, and this was no attempt. `retryAtMs` null: retried after a growing delay.
 * `refused`: Teams did not take the message, or the store was away; retried like that, up to hourly
 * and any number of times. `dead`: given up. `undeliverable`: Teams did not take it until nobody needed it any more.
 */
export type JobResult =
  | 'done'
  | 'acknowledged'
  | { readonly notBefore: number; readonly why: string }
  | { readonly retryAtMs: number | null; readonly error: string }
  | { readonly retryAtMs: number | null; readonly refused: string }
  | { readonly dead: string }
  | { readonly undeliverable: string };

/** What a worker passes to its job. */
export type JobContext = Omit<Turn, 'dueAt'>;

/** The handler of one kind of job. Throws faults, which are retried with growing delays. */
export interface JobHandler<Kind extends JobKind = JobKind> {
  readonly kind: Kind;
  readonly lane: Lane;
  /** Attempts before a job that failed here is parked as dead; refusals of Teams have no limit. */
  readonly maxAttempts: number;
  run(job: Job<Kind>, context: JobContext): Promise<JobResult>;
}

/**
 * Returns a job whose message Teams did not accept now, for the time of the next try. From `until`
 * (ms) on nobody needs the message any more; null: not known yet.
 */
export function tryLater(
  { clock }: Pick<JobDeps, 'clock'>,
  error: DeliveryError,
  until: number | null,
): JobResult {
  const { retryAfterMs, message, tried } = error;
  const retryAtMs = retryAfterMs === null ? null : clock.now() + retryAfterMs;
  if (!tried && retryAtMs !== null) return { notBefore: retryAtMs, why: message };
  if (until !== null && clock.now() >= until) return { undeliverable: message };
  return { retryAtMs, refused: message };
}
