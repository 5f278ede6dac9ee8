import { CompactEncrypt, compactDecrypt, decodeProtectedHeader } from 'jose';
import { keyName } from './derive.ts';
import { KeysError } from './errors.ts';

/** Encrypts texts for ourselves. */
export interface Sealer {
  encrypt(text: string): Promise<string>;
  /** @throws KeysError `sealed_invalid`. */
  decrypt(sealed: string): Promise<string>;
}

/**
 * A sealer under one derived key: JWE, direct, A256GCM (RFC 7516, RFC 7518 5.3), with the key's
 * name as `kid`. jose fixes the tag's length, which Node's own GCM does not.
 */
export function createSealer(key: Uint8Array): Sealer {
  const kid = keyName(key);
  return {
    encrypt: (text) =>
      new CompactEncrypt(new TextEncoder().encode(text))
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid })
        .encrypt(key),
    async decrypt(sealed) {
      try {
        const { plaintext, protectedHeader } = await compactDecrypt(sealed, key, {
          keyManagementAlgorithms: ['dir'],
          contentEncryptionAlgorithms: ['A256GCM'],
        });
        if (protectedHeader.kid === kid) return new TextDecoder().decode(plaintext);
      } catch (cause) {
        throw new KeysError('sealed_invalid', { cause });
      }
      throw new KeysError('sealed_invalid');
    },
  };
}

/**
 * The name of the key that a text says it is sealed under.
 *
 * @throws KeysError `sealed_invalid`.
 */
export function keyOfSealed(sealed: string): string {
  let kid: unknown;
  try {
    ({ kid } = decodeProtectedHeader(sealed));
  } catch (cause) {
    throw new KeysError('sealed_invalid', { cause });
  }
  if (typeof kid === 'string') return kid;
  throw new KeysError('sealed_invalid');
}
