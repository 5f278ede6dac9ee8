import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { createRate } from '../lib/rate.ts';
import { unreadProblem } from './problem.ts';

/** Bot Framework sends from a few addresses for everybody; health and metrics come from inside. */
const EXEMPT = ['/api/messages', '/healthz', '/readyz', '/metrics'];
const MAX_HEADER = 2_000;

/**
 * A limit of requests a minute from one address, behind `proxies` trusted proxies. Without any the
 * address may be that of a proxy for everybody, so there is no limit.
 *
 * @returns a check that throws HttpProblem `address_limited`.
 */
export function createAddressLimit(options: {
  proxies: number;
  perMinute: number;
  clock: { now(): number };
}): (req: IncomingMessage) => void {
  const { proxies, perMinute, clock } = options;
  if (proxies === 0) return () => undefined;
  const rate = createRate(perMinute);
  return (req) => {
    if (EXEMPT.includes((req.url ?? '').split('?')[0] ?? '')) return;
    const address = clientAddress(req, proxies);
    const now = clock.now();
    const waitMs = rate.waitMs(address, now);
    if (waitMs === 0) return rate.use(address, now);
    throw unreadProblem('address_limited', 'Come back as late as Retry-After says.', {
      'retry-after': String(Math.ceil(waitMs / 1_000)),
    });
  };
}

/**
 * The address of the client: each proxy appends the one that it saw, so only the last `proxies`
 * entries are not the client's own words. With fewer entries, or an odd one, the address of the
 * connection. Of IPv6 the network of 64 bits, which one host has.
 */
function clientAddress(req: IncomingMessage, proxies: number): string {
  const entries = (req.headersDistinct['x-forwarded-for'] ?? [])
    .join(',')
    .slice(-MAX_HEADER)
    .split(',');
  const named = bare(entries.at(-proxies)?.trim() ?? '');
  const address = isIP(named) === 0 ? (req.socket.remoteAddress ?? '') : named;
  return networkOf(address.toLowerCase());
}

/** Some proxies append the port: `192.0.2.7:1234`, `[2001:db8::7]:1234`. */
function bare(entry: string): string {
  return /^\[([^\]]+)\]/.exec(entry)?.[1] ?? entry.replace(/^([\d.]+):\d+$/, '$1');
}

function networkOf(address: string): string {
  const mapped = /^::ffff:([\d.]+)$/.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (isIP(address) !== 6) return address;
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  const groups = [...before, ...Array.from({ length: zeros }, () => '0'), ...after];
  return groups
    .slice(0, 4)
    .map((group) => parseInt(group, 16).toString(16))
    .join(':');
}
