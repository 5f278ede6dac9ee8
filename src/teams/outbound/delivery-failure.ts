import { DeliveryError } from '../../usecases/ports/delivery-error.ts';

/** What a failed call of the connector says: whether and when to try again. */
export interface Failure {
  /** HTTP status; null where there was no answer. */
  readonly status: number | null;
  readonly retryAfterMs: number | null;
  /** Whether the limit of the whole tenant was passed, not that of a thread. */
  readonly ofTenant: boolean;
}

/** Statuses that Teams' documentation asks to be tried again. */
const TRANSIENT = [412, 429, 502, 504];
const GONE = [403, 404];

/**
 * Reads what the connector client threw. Teams documents no code for a passed limit of the tenant:
 * a 429 that names the tenant is taken for one.
 */
export function readFailure(error: unknown, now: number): Failure {
  const { statusCode, code, message, response } = (error ?? {}) as {
    statusCode?: unknown;
    code?: unknown;
    message?: unknown;
    response?: { headers?: { get?(name: string): unknown } };
  };
  const header = response?.headers?.get?.('retry-after');
  return {
    status: typeof statusCode === 'number' ? statusCode : null,
    retryAfterMs: typeof header === 'string' ? retryAfter(header, now) : null,
    ofTenant: statusCode === 429 && /tenant/i.test(`${String(code)} ${String(message)}`),
  };
}

/** Whether the same call is to be made again soon. */
export function isTransient(failure: Failure): boolean {
  return failure.status !== null && TRANSIENT.includes(failure.status);
}

/** The failure as the use cases know it. */
export function deliveryError(what: string, failure: Failure, cause: unknown): DeliveryError {
  const { status, retryAfterMs } = failure;
  const said = status === null ? 'no answer' : `status ${status}`;
  return new DeliveryError(`Teams did not take ${what}: ${said}`, {
    gone: status !== null && GONE.includes(status),
    retryAfterMs,
    cause,
  });
}

// Seconds or an HTTP date (RFC 9110 section 10.2.3), at most an hour.
function retryAfter(text: string, now: number): number | null {
  const ms = /^\d{1,6}$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now;
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), 3_600_000) : null;
}
