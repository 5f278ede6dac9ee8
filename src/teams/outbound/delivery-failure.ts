import { DeliveryError } from '../../usecases/ports/delivery-error.ts';
import type { DeliveryReason } from '../../usecases/ports/delivery-error.ts';

/** The failure of a connector call: whether and when to retry. */
export interface Failure {
  /** HTTP status; null without an answer. */
  readonly status: number | null;
  /** The error code in the answer; empty where there is none. */
  readonly code: string;
  readonly retryAfterMs: number | null;
  /** Whether the limit of the tenant was exceeded, not that of a thread. */
  readonly ofTenant: boolean;
}

/** Statuses to retry by Teams' documentation. */
const TRANSIENT = [412, 429, 502, 504];

/**
 * Codes that say something about message or place, by status. Any other 403 or 404 says nothing: a
 * passing 403 `Unknown` is reported (microsoft/BotFramework-Services#269).
 */
const REASONS: readonly (readonly [status: number, code: RegExp, reason: DeliveryReason])[] = [
  [404, /^ActivityNotFound/, 'message_gone'],
  [404, /^ConversationNotFound/, 'place_unknown'],
  [403, /^BotNotInConversationRoster$/, 'not_member'],
  [403, /^BotDisabledByAdmin$/, 'blocked'],
  [
    403,
    /^(ConversationBlockedByUser|ForbiddenOperationException|MessageWritesBlocked)$/,
    'unreachable',
  ],
];

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
    code: typeof code === 'string' ? code : '',
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
  const { status, code, retryAfterMs } = failure;
  const said = status === null ? 'no answer' : `status ${status}${code === '' ? '' : ` ${code}`}`;
  const [, , reason = null] =
    REASONS.find(([of, pattern]) => of === status && pattern.test(code)) ?? [];
  return new DeliveryError(`Teams did not take ${what}: ${said}`, {
    reason,
    status,
    retryAfterMs,
    cause,
  });
}

// Seconds or an HTTP date (RFC 9110 section 10.2.3), at most an hour.
function retryAfter(text: string, now: number): number | null {
  const ms = /^\d{1,6}$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now;
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), 3_600_000) : null;
}
