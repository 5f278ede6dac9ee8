import { Agent, request as send } from 'undici';
import type { AddressPolicy } from './addresses.ts';
import { AddressRefused, guardedConnector } from './guarded-connect.ts';
import type { Resolve } from './guarded-connect.ts';

/** How much of a target's answer is read. */
const MAX_ANSWER_BYTES = 64 * 1024;

/** What came of one POST. `sent`: the target may have received it. */
export type PostResult =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly retryAfter: string | null;
      /** Empty where the answer was too long or broke off. */
      readonly body: string;
    }
  | {
      readonly kind: 'failed';
      readonly why: 'address' | 'connect' | 'timeout' | 'lost';
      readonly sent: boolean;
      readonly error: unknown;
    };

/**
 * Sends one POST on a connection of its own and reads a bounded answer. The call is never repeated,
 * whatever happens to it, because the target may have acted on it. Redirects are not followed.
 * `timeoutMs` is for the whole call: undici's own limits end with each part. Never throws for what
 * the network or the target does.
 */
export async function postOnce(options: {
  url: string;
  headers: Readonly<Record<string, string>>;
  body: string;
  timeoutMs: number;
  policy: AddressPolicy;
  resolve?: Resolve;
}): Promise<PostResult> {
  const { url, headers, body, timeoutMs, policy, resolve } = options;
  let sent = false;
  const agent = new Agent({
    connect: guardedConnector({
      policy,
      timeoutMs,
      connected: () => {
        sent = true;
      },
      ...(resolve ? { resolve } : {}),
    }),
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    maxHeaderSize: 16 * 1024,
    maxResponseSize: MAX_ANSWER_BYTES,
    pipelining: 0,
  });
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const response = await send(url, {
      dispatcher: agent,
      method: 'POST',
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
      body: await readText(response.body),
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

/** The whole body, or nothing: the status has already said what matters. */
async function readText(body: { text(): Promise<string> }): Promise<string> {
  try {
    return await body.text();
  } catch {
    return '';
  }
}

function isTimeout(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT';
}

/** An error, its causes and, where several addresses were tried, theirs; bounded in depth. */
function causes(error: unknown, depth = 0): unknown[] {
  if (depth > 4 || !(error instanceof Error)) return [error];
  const inner = error instanceof AggregateError ? error.errors.slice(0, 8) : [];
  return [error, ...[error.cause, ...inner].flatMap((cause) => causes(cause, depth + 1))];
}
