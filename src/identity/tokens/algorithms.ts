import { compactVerify, errors } from 'jose';
import type { CryptoKey, JWK } from 'jose';

/** The type and the curve of the keys that an algorithm takes. */
interface KeyType {
  readonly kty: 'RSA' | 'EC' | 'OKP';
  readonly crv: string | null;
}

const RSA: KeyType = { kty: 'RSA', crv: null };
const ED25519: KeyType = { kty: 'OKP', crv: 'Ed25519' };

/**
 * The accepted signature algorithms (RFC 7518 3.1, RFC 8037; RFC 9864 2.2 for WebCrypto's name of
 * EdDSA). Asymmetric only: a published key cannot sign. A key is bound to one of them on import.
 */
const ALGORITHMS: ReadonlyMap<string, KeyType> = new Map([
  ['RS256', RSA],
  ['RS384', RSA],
  ['RS512', RSA],
  ['PS256', RSA],
  ['PS384', RSA],
  ['PS512', RSA],
  ['ES256', { kty: 'EC', crv: 'P-256' }],
  ['ES384', { kty: 'EC', crv: 'P-384' }],
  ['ES512', { kty: 'EC', crv: 'P-521' }],
  ['EdDSA', ED25519],
  ['Ed25519', ED25519],
]);

/** Whether an algorithm is accepted. */
export function isKnownAlgorithm(alg: string): boolean {
  return ALGORITHMS.has(alg);
}

/** Whether a public key of this type and curve fits an algorithm. */
export function fits(alg: string, key: JWK): boolean {
  const wanted = ALGORITHMS.get(alg);
  if (wanted === undefined || wanted.kty !== key.kty) return false;
  return wanted.crv === null || wanted.crv === key.crv;
}

/**
 * Whether a compact JWS is signed by a key that was imported for `alg`. The text must have been
 * parsed strictly, with this `alg` in its header: jose reads the header once more.
 */
export async function isSignedBy(
  text: string,
  { alg, key }: { alg: string; key: CryptoKey },
): Promise<boolean> {
  if (!isKnownAlgorithm(alg)) return false;
  try {
    await compactVerify(text, key, { algorithms: [alg] });
    return true;
  } catch (error) {
    if (error instanceof errors.JOSEError) return false;
    throw error;
  }
}
