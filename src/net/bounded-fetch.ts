import { outgoing } from './outgoing.ts';
import type { Fetch } from './outgoing.ts';
import type { ProxySettings } from './proxy-route.ts';

export type { Fetch } from './outgoing.ts';

/** The limits of a call to a provider. */
export interface FetchLimits {
  /** The time limit of the whole call, including the body. */
  readonly timeoutMs: number;
  /** The size limit of the decompressed body. */
  readonly maxBytes: number;
  /** Whether plain http is allowed, in the local profile only. */
  readonly allowHttp: boolean;
  /** The proxy to call through; null: none. */
  readonly proxy: ProxySettings | null | undefined;
}

export const PROVIDER_LIMITS = { timeoutMs: 5_000, maxBytes: 1024 * 1024 } as const;

/**
 * A fetch for calls to identity providers: https only, no redirects (a 3xx is returned), one time
 * limit for head and body, and a size limit applied while the body streams. So a slow, endless or
 * compressed response cannot exhaust the service. undici's own size limit is not enough here: it
 * counts the body before it is decompressed.
 *
 * @throws Error with a readable message where the call fails or exceeds a limit.
 */
export function boundedFetch(given: Fetch | undefined, limits: FetchLimits): Fetch {
  const fetch = given ?? outgoing(limits.proxy).fetch;
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

/** Some key endpoints answer 406 to whoever does not ask for the type of RFC 7517 8.5.2. */
export const JWKS_TYPES = 'application/jwk-set+json, application/json';

/**
 * Fetches a JSON document; `accept` names the media types to ask for.
 *
 * @throws Error where the status is not 200, the type is not JSON, or the body does not parse.
 */
export async function fetchJson(
  fetch: Fetch,
  url: string,
  accept = 'application/json',
): Promise<unknown> {
  const response = await fetch(url, { headers: { accept } });
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
  if (!allowed) throw new Error(`${url} is refused: only https is allowed`);
  if (username !== '' || password !== '') throw new Error('an address with a password is refused');
}

async function readBounded({ body }: Response, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let size = 0;
  // An error that leaves the loop cancels the stream.
  for await (const part of body ?? []) {
    size += part.byteLength;
    if (size > maxBytes) throw new Error(`the answer is larger than ${maxBytes} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}
