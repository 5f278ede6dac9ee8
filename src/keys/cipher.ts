import { CompactEncrypt, compactDecrypt, decodeProtectedHeader } from 'jose';
import { keyName } from './derive.ts';
import { KeysError } from './errors.ts';

/** Encrypts texts for ourselves. */
export interface Cipher {
  encrypt(text: string): Promise<string>;
  /** @throws KeysError `ciphertext_invalid`. */
  decrypt(encrypted: string): Promise<string>;
}

/**
 * A cipher under one derived key: JWE, direct, A256GCM (RFC 7516, RFC 7518 5.3), with the key's
 * name as `kid`. jose fixes the tag's length, which Node's own GCM does not.
 */
export function createCipher(key: Uint8Array): Cipher {
  const kid = keyName(key);
  return {
    encrypt: (text) =>
      new CompactEncrypt(new TextEncoder().encode(text))
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid })
        .encrypt(key),
    async decrypt(encrypted) {
      try {
        const { plaintext, protectedHeader } = await compactDecrypt(encrypted, key, {
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
 * The name of the key that a text says it is encrypted under.
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
