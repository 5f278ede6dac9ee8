import { Agent, request as send } from 'undici';
import type { AddressPolicy } from './addresses.ts';
import { AddressRefused, guardedConnector } from './guarded-connect.ts';
import type { Resolve } from './guarded-connect.ts';
import type { ProxySettings } from './proxy-route.ts';

/** The default of the maximum size of a target's answer. */
const MAX_ANSWER_BYTES = 64 * 1024;

/** The result of one call. `sent`: the target may have received it. */
export type PostResult =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly retryAfter: string | null;
      /** Empty if the answer was too long or incomplete. */
      readonly body: string;
      readonly complete: boolean;
    }
  | {
      readonly kind: 'failed';
      readonly why: 'address' | 'connect' | 'timeout' | 'lost';
      readonly sent: boolean;
      readonly error: unknown;
    };

/**
 * Makes one call on a new connection and reads a bounded answer. It never retries the call, because
 * the target may have acted on it, and follows no redirect. `timeoutMs` covers the whole call:
 * undici's limits cover only its parts. Never throws for a failure of the network or the target.
 */
export async function callOnce(options: {
  url: string;
  method: 'GET' | 'POST';
  headers: Readonly<Record<string, string>>;
  body?: string | undefined;
  timeoutMs: number;
  maxAnswerBytes?: number;
  policy: AddressPolicy;
  resolve?: Resolve;
  /** The proxy to call through; null: none. */
  proxy?: ProxySettings | null;
}): Promise<PostResult> {
  const { url, method, headers, body = null, timeoutMs, policy, resolve, proxy = null } = options;
  let sent = false;
  const agent = new Agent({
    connect: guardedConnector({
      policy,
      timeoutMs,
      proxy,
      connected: () => {
        sent = true;
      },
      ...(resolve ? { resolve } : {}),
    }),
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    maxHeaderSize: 16 * 1024,
    maxResponseSize: options.maxAnswerBytes ?? MAX_ANSWER_BYTES,
    pipelining: 0,
  });
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const response = await send(url, {
      dispatcher: agent,
      method,
      headers,
      body,
      signal,
      reset: true,
    });
    const after = response.headers['retry-after'];
    return {
      kind: 'answered',
      status: response.statusCode,
      retryAfter: typeof after === 'string' ? after : null,
      ...(await readText(response.body)),
    };
  } catch (error) {
    const refused = causes(error).some((cause) => cause instanceof AddressRefused);
    if (refused) return { kind: 'failed', why: 'address', sent: false, error };
    if (!sent) return { kind: 'failed', why: 'connect', sent, error };
    const why = signal.aborted || isTimeout(error) ? 'timeout' : 'lost';
    return { kind: 'failed', why, sent, error };
  } finally {
    await agent.destroy();
  }
}

/** Makes one call with POST, as `callOnce` does. */
export function postOnce(
  options: Omit<Parameters<typeof callOnce>[0], 'method'> & { readonly body: string },
): Promise<PostResult> {
  return callOnce({ ...options, method: 'POST' });
}

/** The complete body, or an empty text: the status may be enough. */
async function readText(body: { text(): Promise<string> }) {
  try {
    return { body: await body.text(), complete: true };
  } catch {
    return { body: '', complete: false };
  }
}

function isTimeout(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT';
}

/** An error with its causes, also those of several tried addresses; limited in depth. */
function causes(error: unknown, depth = 0): unknown[] {
  if (depth > 4 || !(error instanceof Error)) return [error];
  const inner = error instanceof AggregateError ? error.errors.slice(0, 8) : [];
  return [error, ...[error.cause, ...inner].flatMap((cause) => causes(cause, depth + 1))];
}
