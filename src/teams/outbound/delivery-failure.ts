import { DeliveryError } from '../../usecases/ports/delivery-error.ts';

/** The failure of a connector call: whether and when to retry. */
export interface Failure {
  /** HTTP status; null without an answer. */
  readonly status: number | null;
  readonly retryAfterMs: number | null;
  /** Whether the limit of the tenant was exceeded, not that of a thread. */
  readonly ofTenant: boolean;
}

/** Statuses to retry by Teams' documentation. */
const TRANSIENT = [412, 429, 502, 504];
const GONE = [403, 404];

/**
 * Reads an error of the connector client. Teams documents no code for the tenant's limit, so a 429
 * that names the tenant counts as one.
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

/** Whether to retry the call soon. */
export function isTransient(failure: Failure): boolean {
  return failure.status !== null && TRANSIENT.includes(failure.status);
}

/** The failure as the error of the port. */
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
