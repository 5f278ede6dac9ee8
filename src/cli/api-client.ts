import { systemClock } from '../lib/clock.ts';
import { describeError } from '../lib/logger.ts';
import { sleep } from '../lib/loop.ts';
import { isJsonObject } from '../lib/strict-json.ts';
import { networkAdvice } from '../net/failure-advice.ts';
import { CommandError } from './command.ts';
import type { CommandIo } from './command.ts';
import { outgoingFetch } from './outgoing-fetch.ts';
import type { Service } from './service.ts';

/** An API answer: status and JSON body (an empty object when there is no JSON). */
export interface ApiAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A call of the API. */
export interface ApiCall {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  /** Default 6. */
  readonly attempts?: number;
  /** No further attempt begins after this time (ms). */
  readonly until?: number;
}

const ATTEMPTS = 6;
const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 10_000;
const MAX_ANSWER_CHARS = 1_048_576;

/** The API could not be reached, after every attempt. */
export class ApiError extends CommandError {
  override readonly name = 'ApiError';
}

/**
 * Calls the API. Retries network errors, 429 and 5xx with growing delays, or after Retry-After, so
 * the call must be idempotent (a GET, or with Idempotency-Key).
 *
 * @throws ApiError when no attempt got an answer.
 */
export async function callApi(service: Service, call: ApiCall, io: CommandIo): Promise<ApiAnswer> {
  const { attempts = ATTEMPTS, until = Infinity } = call;
  let last: unknown;
  for (let attempt = 1; ; attempt += 1) {
    io.signal?.throwIfAborted();
    let delayMs = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** (attempt - 1));
    try {
      const response = await attemptCall(service, call, io);
      const text = (await response.text()).slice(0, MAX_ANSWER_CHARS);
      const answer = { status: response.status, body: toObject(text) };
      if (response.status !== 429 && response.status < 500) return answer;
      const seconds = Number(response.headers.get('retry-after') ?? NaN);
      if (seconds > 0) delayMs = Math.min(MAX_DELAY_MS, seconds * 1_000);
      if (attempt === attempts || systemClock.now() + delayMs > until) return answer;
    } catch (error) {
      io.signal?.throwIfAborted();
      last = error;
      if (attempt === attempts || systemClock.now() + delayMs > until) break;
    }
    await sleep(delayMs, io.signal);
  }
  const why = networkAdvice(last) ?? describeError(last);
  throw new ApiError(`${service.base} could not be reached: ${why}`, { cause: last });
}

function attemptCall(service: Service, call: ApiCall, io: CommandIo): Promise<Response> {
  const timeout = AbortSignal.timeout(call.timeoutMs ?? 30_000);
  return outgoingFetch(io)(`${service.base}${call.path}`, {
    method: call.method,
    // A redirect would send the token to an address that nobody configured.
    redirect: 'error',
    headers: {
      authorization: `Bearer ${service.token}`,
      ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...call.headers,
    },
    ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
    signal: io.signal === undefined ? timeout : AbortSignal.any([timeout, io.signal]),
  });
}

function toObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}
