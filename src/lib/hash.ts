import { createHash, createHmac, hash, timingSafeEqual } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/** SHA-256 of a text (as UTF-8) or bytes, as base64url without padding. */
export function sha256(data: string | Uint8Array): string {
  return hash('sha256', data, 'base64url');
}

/**
 * HMAC-SHA-256 as base64url without padding. Takes an imported key, because Node imports raw bytes
 * again at each call.
 */
export function hmacSha256(key: KeyObject, data: string): string {
  return createHmac('sha256', key).update(data).digest('base64url');
}

/** Compares two texts in constant time. */
export function sameSecret(left: string, right: string): boolean {
  const a = createHash('sha256').update(left).digest();
  const b = createHash('sha256').update(right).digest();
  return timingSafeEqual(a, b);
}
