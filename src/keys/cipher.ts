import { createSecretKey } from 'node:crypto';
import { hkdfSync } from 'node:crypto';
import { CompactEncrypt, compactDecrypt, decodeProtectedHeader } from 'jose';
import { sha256 } from '../lib/hash.ts';
import { KeysError } from './errors.ts';

const MIN_SECRET_BYTES = 32;
const SALT = 'countersign keys v1';

/** Encrypts texts that only this service decrypts. */
export interface Cipher {
  encrypt(text: string): Promise<string>;
  /** @throws KeysError `ciphertext_invalid`. */
  decrypt(encrypted: string): Promise<string>;
}

/**
 * A cipher with one key: JWE, `dir`, A256GCM (RFC 7516, RFC 7518 section 5.3), with the name of the key
 * as `kid`. jose enforces the length of the authentication tag; node:crypto does not. The key is
 * imported once, because jose imports raw bytes again for each text.
 */
export function createCipher(key: Uint8Array): Cipher {
  const kid = keyName(key);
  const imported = createSecretKey(key).toCryptoKey('AES-GCM', false, ['encrypt', 'decrypt']);
  return {
    encrypt: (text) =>
      new CompactEncrypt(new TextEncoder().encode(text))
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid })
        .encrypt(imported),
    async decrypt(encrypted) {
      try {
        const { plaintext, protectedHeader } = await compactDecrypt(encrypted, imported, {
          keyManagementAlgorithms: ['dir'],
          contentEncryptionAlgorithms: ['A256GCM'],
        });
        if (protectedHeader.kid === kid) return new TextDecoder().decode(plaintext);
      } catch (cause) {
        throw new KeysError('ciphertext_invalid', { cause });
      }
      throw new KeysError('ciphertext_invalid');
    },
  };
}

/**
 * The `kid` of an encrypted text, not yet authenticated.
 *
 * @throws KeysError `ciphertext_invalid`.
 */
export function keyOfCiphertext(encrypted: string): string {
  let kid: unknown;
  try {
    ({ kid } = decodeProtectedHeader(encrypted));
  } catch (cause) {
    throw new KeysError('ciphertext_invalid', { cause });
  }
  if (typeof kid === 'string') return kid;
  throw new KeysError('ciphertext_invalid');
}

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
