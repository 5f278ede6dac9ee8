import type { JobDeps } from '../app-context.ts';
import type { DeliveryError } from '../ports/delivery-error.ts';
import type { JobResult } from './job-handler.ts';

/** Gives a job back whose message Teams did not take now, for when Teams is to be asked again. */
export function tryLater({ clock }: Pick<JobDeps, 'clock'>, error: DeliveryError): JobResult {
  const { retryAfterMs, message, tried } = error;
  const retryAtMs = retryAfterMs === null ? null : clock.now() + retryAfterMs;
  return tried || retryAtMs === null
    ? { retryAtMs, error: message }
    : { notBefore: retryAtMs, why: message };
}
