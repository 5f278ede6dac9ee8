import type { JobDeps } from '../app-context.ts';
import type { DeliveryError } from '../ports/delivery-error.ts';
import type { JobResult } from './job-handler.ts';

/** Returns a job whose message Teams did not accept now, for the time of the next try. */
export function tryLater({ clock }: Pick<JobDeps, 'clock'>, error: DeliveryError): JobResult {
  const { retryAfterMs, message, tried } = error;
  const retryAtMs = retryAfterMs === null ? null : clock.now() + retryAfterMs;
  return tried || retryAtMs === null
    ? { retryAtMs, error: message }
    : { notBefore: retryAtMs, why: message };
}
