import { hkdfSync } from 'node:crypto';
import { sha256 } from '../lib/hash.ts';
import { KeysError } from './errors.ts';

const MIN_SECRET_BYTES = 32;
const SALT = 'countersign keys v1';

/**
 * A key of 32 bytes for one purpose and use, derived from the signing secret (HKDF-SHA-256,
 * RFC 5869): knowing one says nothing of another.
 *
 * @throws KeysError `signing_secret_short`.
 */
export function deriveKey(secret: string, use: string): Uint8Array {
  if (Buffer.byteLength(secret) < MIN_SECRET_BYTES) throw new KeysError('signing_secret_short');
  return new Uint8Array(hkdfSync('sha256', secret, SALT, use, 32));
}

/** A short name of a derived key, for headers: tells keys apart, gives nothing away. */
export function keyName(key: Uint8Array): string {
  return sha256(Buffer.concat([Buffer.from('countersign key name '), key])).slice(0, 12);
}
