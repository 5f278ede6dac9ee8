import type { IncomingMessage } from 'node:http';
import { PageProblem } from './problem.ts';

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The headers of every answer: no inline script, no framing, no sniffing, no caching. */
export const securityHeaders: readonly (readonly [string, string])[] = [
  ['content-security-policy', POLICY],
  ['x-content-type-options', 'nosniff'],
  ['cache-control', 'no-store'],
  ['referrer-policy', 'no-referrer'],
  ['x-frame-options', 'DENY'],
  ['cross-origin-resource-policy', 'same-origin'],
  // Popups keep their opener, because the sign-in page sends its code with postMessage.
  ['cross-origin-opener-policy', 'same-origin-allow-popups'],
];

/**
 * Accepts requests of the page only. Host must be a loopback name with the port of the request
 * (against DNS rebinding). An Origin must be that host (against other sites), and a request that
 * changes something must have one. With `api`, other sites may not even read.
 *
 * @throws PageProblem 421 `wrong-host`, 403 `cross-origin`.
 */
export function checkSameOrigin(request: IncomingMessage, api: boolean): void {
  const host = request.headers.host?.toLowerCase() ?? '';
  const port = request.socket.localPort ?? 0;
  const allowed = [`127.0.0.1:${port}`, `localhost:${port}`];
  if (!allowed.includes(host)) {
    throw new PageProblem(421, 'wrong-host', 'This page answers on its loopback address only.');
  }
  const { origin } = request.headers;
  const site = request.headers['sec-fetch-site'];
  const changes = request.method !== 'GET' && request.method !== 'HEAD';
  const foreign = origin === undefined ? changes : origin.toLowerCase() !== `http://${host}`;
  const foreignSite = api && typeof site === 'string' && site !== 'same-origin' && site !== 'none';
  if (foreign || foreignSite) {
    throw new PageProblem(403, 'cross-origin', 'Only the page itself may ask this.');
  }
}
