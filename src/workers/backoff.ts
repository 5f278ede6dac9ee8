import type { Ids } from '../lib/ids.ts';

const BASE_MS = 1_000;
const CAP_MS = 300_000;
/** Of deliveries, which are tried for days. */
export const DELIVERY_CAP_MS = 3_600_000;

/**
 * The delay (ms) after this number of failed tries: doubles from 1 s to the cap (5 min), with jitter
 * over the upper half, so that many failures are not retried together.
 */
export function backoffMs(tries: number, ids: Ids, capMs = CAP_MS): number {
  const full = Math.min(capMs, BASE_MS * 2 ** Math.min(Math.max(tries, 1) - 1, 20));
  const drawn = Buffer.from(ids.secret(4), 'base64url').readUInt32BE(0) / 2 ** 32;
  return Math.round(full / 2 + (full / 2) * drawn);
}
