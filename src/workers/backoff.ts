import type { Ids } from '../lib/ids.ts';

const BASE_MS = 1_000;
const CAP_MS = 300_000;

/**
 * The delay (ms) after this number of failed tries: doubles from 1 s to 5 min, with jitter over the
 * upper half, so that many failures are not retried together.
 */
export function backoffMs(tries: number, ids: Ids): number {
  const full = Math.min(CAP_MS, BASE_MS * 2 ** Math.min(Math.max(tries, 1) - 1, 20));
  const drawn = Buffer.from(ids.secret(4), 'base64url').readUInt32BE(0) / 2 ** 32;
  return Math.round(full / 2 + (full / 2) * drawn);
}
