/** How the wire is reached; tests hand in one that goes to loopback. */
export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

/** What a call to a provider may cost. */
export interface FetchLimits {
  /** For the whole exchange, body included. */
  readonly timeoutMs: number;
  /** Of the body after decompression. */
  readonly maxBytes: number;
  /** Plain http is let through: the local profile only. */
  readonly allowHttp: boolean;
}

export const PROVIDER_LIMITS = { timeoutMs: 5_000, maxBytes: 1024 * 1024 } as const;

/**
 * A fetch for calls to identity providers: https only, no redirects (a 3xx is the answer), one
 * time limit for head and body, and a body that is cut off while it streams, so that neither a
 * slow nor an endless nor a well-compressed answer costs more than the limits say.
 *
 * @throws Error with a plain message where the call failed or broke a limit.
 */
export function boundedFetch(fetch: Fetch, limits: FetchLimits): Fetch {
  return async (url, init = {}) => {
    assertAllowed(url, limits.allowHttp);
    const timeout = AbortSignal.timeout(limits.timeoutMs);
    const signal = init.signal ? AbortSignal.any([timeout, init.signal]) : timeout;
    const response = await fetch(url, { ...init, redirect: 'manual', signal });
    const bytes = await readBounded(response, limits.maxBytes);
    const { status, headers } = response;
    return new Response(bytes.length === 0 ? null : bytes, { status, headers });
  };
}

/**
 * A JSON document of a provider.
 *
 * @throws Error where the status is not 200, the type is not JSON, or the text does not parse.
 */
export async function fetchJson(fetch: Fetch, url: string): Promise<unknown> {
  const response = await fetch(url, { headers: { accept: 'application/json' } });
  if (response.status !== 200) throw new Error(`${url} answered ${response.status}, not 200`);
  const type = response.headers.get('content-type') ?? '';
  if (!/^[\w.+-]+\/(?:[\w.-]+\+)?json\b/i.test(type)) {
    throw new Error(`${url} answered with the type "${type.slice(0, 80)}", not JSON`);
  }
  return JSON.parse(await response.text());
}

function assertAllowed(url: string, allowHttp: boolean): void {
  const { protocol, username, password } = new URL(url);
  const allowed = protocol === 'https:' || (allowHttp && protocol === 'http:');
  if (!allowed) throw new Error(`${url} is refused: only https is called`);
  if (username !== '' || password !== '') throw new Error('an address with a password is refused');
}

async function readBounded(response: Response, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let size = 0;
  const reader = response.body?.getReader();
  if (reader === undefined) return new Uint8Array();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.byteLength;
    if (size > maxBytes) {
      await reader.cancel();
      throw new Error(`the answer is larger than ${maxBytes} bytes`);
    }
    parts.push(value);
  }
  return Buffer.concat(parts);
}
