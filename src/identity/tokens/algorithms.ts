import { constants, createVerify, KeyObject, verify } from 'node:crypto';
import type { VerifyKeyObjectInput } from 'node:crypto';
import type { CryptoKey } from 'jose';

interface Algorithm {
  readonly kty: 'RSA' | 'EC' | 'OKP';
  readonly crv: string | null;
  /** Digest of the signed data; null where the algorithm includes its own. */
  readonly hash: string | null;
  /** Options beyond the key's own defaults. */
  readonly how: Omit<VerifyKeyObjectInput, 'key'> | null;
}

const rsa = (hash: string): Algorithm => ({ kty: 'RSA', crv: null, hash, how: null });
const pss = (hash: string, saltLength: number): Algorithm => ({
  kty: 'RSA',
  crv: null,
  hash,
  how: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength },
});
const ec = (crv: string, hash: string): Algorithm => ({
  kty: 'EC',
  crv,
  hash,
  how: { dsaEncoding: 'ieee-p1363' },
});
const ed25519: Algorithm = { kty: 'OKP', crv: 'Ed25519', hash: null, how: null };

/**
 * The accepted signature algorithms (RFC 7518 3.1, RFC 8037; RFC 9864 2.2 for WebCrypto's name of
 * EdDSA). Asymmetric only: a published key cannot sign. A key is bound to one of them on import.
 */
const ALGORITHMS: ReadonlyMap<string, Algorithm> = new Map([
  ['RS256', rsa('sha256')],
  ['RS384', rsa('sha384')],
  ['RS512', rsa('sha512')],
  ['PS256', pss('sha256', 32)],
  ['PS384', pss('sha384', 48)],
  ['PS512', pss('sha512', 64)],
  ['ES256', ec('P-256', 'sha256')],
  ['ES384', ec('P-384', 'sha384')],
  ['ES512', ec('P-521', 'sha512')],
  ['EdDSA', ed25519],
  ['Ed25519', ed25519],
]);

/** Longer RSA keys and curves above P-256 take at least 0.25 ms a signature. */
const QUICK_RSA_BITS = 4_096;

/** Whether an algorithm is accepted. */
export function isKnownAlgorithm(alg: string): boolean {
  return ALGORITHMS.has(alg);
}

/** Whether a public key of this type and curve fits an algorithm. */
export function fits(alg: string, key: { kty: unknown; crv: unknown }): boolean {
  const algorithm = ALGORITHMS.get(alg);
  if (algorithm === undefined || algorithm.kty !== key.kty) return false;
  return algorithm.crv === null || algorithm.crv === key.crv;
}

/** Node keys by imported key, and whether a check is fast enough for the main thread. */
const readied = new WeakMap<CryptoKey, { readonly key: KeyObject; readonly quick: boolean }>();

/**
 * Verifies a signature. The key must be imported for `alg`. Calls Node's crypto directly: the token
 * is already parsed strictly, and a second parser could read it differently.
 *
 * Fast checks (RSA with 2,048 bits: 25 µs) run on the main thread. Slow ones run on Node's thread
 * pool, so that a flood of tokens does not block the process.
 */
export async function verifySignature(options: {
  alg: string;
  key: CryptoKey;
  signature: Uint8Array;
  data: Uint8Array;
}): Promise<boolean> {
  const algorithm = ALGORITHMS.get(options.alg);
  if (algorithm === undefined) return false;
  const { signature, data } = options;
  const { key, quick } = ready(options.key);
  // An RSA key without options verifies RSASSA-PKCS1-v1_5.
  const how = algorithm.how === null ? key : { ...algorithm.how, key };
  if (quick && how === key && algorithm.hash !== null) {
    // Takes two thirds of the time of the one-shot function. RSA only: for elliptic curves it
    // throws on a malformed signature.
    return createVerify(algorithm.hash).update(data).verify(key, signature);
  }
  if (quick) return verify(algorithm.hash, data, how, signature);
  return new Promise((resolve, reject) => {
    verify(algorithm.hash, data, how, signature, (error, good) => {
      if (error) reject(error);
      else resolve(good);
    });
  });
}

function ready(imported: CryptoKey): { readonly key: KeyObject; readonly quick: boolean } {
  const known = readied.get(imported);
  if (known) return known;
  const key = KeyObject.from(imported as Parameters<typeof KeyObject.from>[0]);
  const { modulusLength = 0, namedCurve } = key.asymmetricKeyDetails ?? {};
  const quick =
    modulusLength > 0
      ? modulusLength <= QUICK_RSA_BITS
      : namedCurve === undefined || namedCurve === 'prime256v1';
  const made = { key, quick };
  readied.set(imported, made);
  return made;
}
