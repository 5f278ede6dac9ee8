import { sleep } from '../lib/loop.ts';
import type { Fetch } from '../net/bounded-fetch.ts';
import { isJsonObject, own } from '../lib/strict-json.ts';
import type { JsonObject } from '../lib/strict-json.ts';

/** Of one call, including repeats. */
const MAX_TRIES = 3;
/** A click waits for the response, so a longer Retry-After is not waited for. */
const MAX_RETRY_AFTER_MS = 2_000;
const MAX_PAGES = 10;
const BUSY = new Set([429, 503, 504]);

/** An unusable response of Microsoft Graph; `retryAfterMs` if it sent Retry-After. */
export class GraphError extends Error {
  readonly status: number;
  readonly retryAfterMs: number | null;

  constructor(message: string, options: { status: number; retryAfterMs?: number | null }) {
    super(message);
    this.name = 'GraphError';
    this.status = options.status;
    this.retryAfterMs = options.retryAfterMs ?? null;
  }
}

interface GraphCall {
  /** Path and query below `/v1.0`. */
  readonly path: string;
  readonly token: string;
  /** Sent as JSON with POST; undefined for GET. */
  readonly body?: object;
  /** Ends the call, its repeats and its pages. */
  readonly signal: AbortSignal;
}

export type GraphClient = ReturnType<typeof createGraphClient>;

/**
 * Calls to Microsoft Graph at one configured address. It waits out a short throttling (429 with Retry-After) twice. It follows
 * `@odata.nextLink` only within the configured address, because another host would receive our
 * token.
 */
export function createGraphClient(graphUrl: string, fetch: Fetch) {
  const base = `${graphUrl}/v1.0`;
  const one = async (url: string, { token, body, signal }: Omit<GraphCall, 'path'>) => {
    for (let tries = 1; ; tries += 1) {
      signal.throwIfAborted();
      const response = await fetch(url, {
        method: body === undefined ? 'GET' : 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal,
      });
      const retryAfterMs = retryAfter(response);
      if (!BUSY.has(response.status)) return read(response, await response.text());
      if (tries === MAX_TRIES || retryAfterMs === null || retryAfterMs > MAX_RETRY_AFTER_MS) {
        throw new GraphError(`Microsoft Graph answered ${response.status}`, {
          status: response.status,
          retryAfterMs,
        });
      }
      await sleep(retryAfterMs, signal);
    }
  };
  return {
    /** Fetches one object. @throws GraphError, or Error where the call itself failed. */
    one: ({ path, ...call }: GraphCall) => one(`${base}${path}`, call),
    /** Fetches a whole collection, at most ten pages. */
    async all({ path, ...call }: GraphCall): Promise<readonly unknown[]> {
      const found: unknown[] = [];
      let page = await one(`${base}${path}`, call);
      for (let pages = 1; ; pages += 1) {
        const value = own(page, 'value');
        if (!Array.isArray(value)) throw useless('the response has no value array');
        found.push(...value);
        const next = own(page, '@odata.nextLink');
        if (next === undefined || next === null) return found;
        if (pages === MAX_PAGES) throw useless('too many pages');
        page = await one(nextPage(next, base), { token: call.token, signal: call.signal });
      }
    },
  };
}

function nextPage(link: unknown, base: string): string {
  const url = typeof link === 'string' && URL.canParse(link) ? new URL(link) : undefined;
  const home = new URL(base);
  if (url?.origin === home.origin && url.pathname.startsWith(`${home.pathname}/`)) return url.href;
  throw useless('the next page is at another address and is not followed');
}

function useless(why: string): GraphError {
  return new GraphError(why, { status: 200 });
}

function read(response: Response, text: string): JsonObject {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  const { status } = response;
  if (status !== 200) {
    const error = isJsonObject(answer) ? own(answer, 'error') : undefined;
    const code = isJsonObject(error) ? String(own(error, 'code')).slice(0, 80) : 'no code';
    throw new GraphError(`Microsoft Graph answered ${status} (${code})`, { status });
  }
  if (!isJsonObject(answer)) throw new GraphError('the response is not a JSON object', { status });
  return answer;
}

/** Retry-After in ms; null unless given in seconds. */
function retryAfter(response: Response): number | null {
  const text = response.headers.get('retry-after') ?? '';
  return /^\d{1,6}$/.test(text) ? Number(text) * 1_000 : null;
}
