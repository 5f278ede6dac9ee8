import type { ServerResponse } from 'node:http';
import type { Reply } from './route.ts';

/** Headers of every answer. Pages bring a content security policy of their own. */
export function securityHeaders(https: boolean): Readonly<Record<string, string>> {
  return {
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'cross-origin-resource-policy': 'same-origin',
    ...(https ? { 'strict-transport-security': 'max-age=31536000; includeSubDomains' } : {}),
  };
}

/** Writes a reply. `close` ends the connection after it. */
export function send(
  res: ServerResponse,
  reply: Reply,
  options: { base: Readonly<Record<string, string>>; close: boolean },
): void {
  if (res.headersSent || res.destroyed) return;
  const { body } = reply;
  const raw = typeof body === 'string' || body instanceof Uint8Array;
  const data = raw ? body : body === undefined ? '' : JSON.stringify(body);
  const headers: Record<string, string | number> = { ...options.base };
  if (body !== undefined) headers['content-type'] = 'application/json';
  Object.assign(headers, reply.headers);
  headers['content-length'] = typeof data === 'string' ? Buffer.byteLength(data) : data.byteLength;
  if (options.close) headers.connection = 'close';
  res.writeHead(reply.status, headers);
  res.end(data);
}
