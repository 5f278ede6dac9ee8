import { hkdfSync } from 'node:crypto';
import { sha256 } from '../lib/hash.ts';
import { KeysError } from './errors.ts';

const MIN_SECRET_BYTES = 32;
const SALT = 'countersign keys v1';

/**
 * Derives a 32-byte key for one use from the signing secret (HKDF-SHA-256, RFC 5869). A leaked key
 * reveals no other one.
 *
 * @throws KeysError `signing_secret_short`.
 */
export function deriveKey(secret: string, use: string): Uint8Array {
  if (Buffer.byteLength(secret) < MIN_SECRET_BYTES) throw new KeysError('signing_secret_short');
  return new Uint8Array(hkdfSync('sha256', secret, SALT, use, 32));
}

/** A short identifier of a key, for headers: a hash, so it reveals nothing about the key. */
export function keyName(key: Uint8Array): string {
  return sha256(Buffer.concat([Buffer.from('countersign key name '), key])).slice(0, 12);
}
