import { constants, createVerify, KeyObject, verify } from 'node:crypto';
import type { VerifyKeyObjectInput } from 'node:crypto';
import type { CryptoKey } from 'jose';

interface Algorithm {
  readonly kty: 'RSA' | 'EC' | 'OKP';
  readonly crv: string | null;
  /** Hash of what is signed; null where the algorithm has its own. */
  readonly hash: string | null;
  /** What the key's own defaults do not say. */
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
 * The algorithms there are for tokens from outside (RFC 7518 3.1, RFC 8037, and RFC 9864 2.2 for
 * the name that clients on WebCrypto give to EdDSA): asymmetric only, so that nobody can sign with
 * what is published. Keys are bound to one of them when imported.
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

/** Longer RSA keys and larger curves than P-256 take a quarter of a millisecond and more. */
const QUICK_RSA_BITS = 4_096;

/** Whether a name is one of the algorithms above. */
export function isKnownAlgorithm(alg: string): boolean {
  return ALGORITHMS.has(alg);
}

/** Whether a public key of this type and curve can be used with an algorithm. */
export function fits(alg: string, key: { kty: unknown; crv: unknown }): boolean {
  const algorithm = ALGORITHMS.get(alg);
  if (algorithm === undefined || algorithm.kty !== key.kty) return false;
  return algorithm.crv === null || algorithm.crv === key.crv;
}

/** Keys as Node's own functions take them, and whether they check fast enough for this thread. */
const readied = new WeakMap<CryptoKey, { readonly key: KeyObject; readonly quick: boolean }>();

/**
 * Whether a signature is good. The key must have been imported for `alg`. Node's crypto is called
 * directly: the token was parsed once, by our own strict parser, and a second parser could only see
 * another token in the same text.
 *
 * Quick checks (RSA of 2,048 bits: 25 µs) are made on this thread, as the way to another one and
 * back costs more; slow ones, of which a stranger could ask for many, on Node's pool.
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
  // RSASSA-PKCS1-v1_5 is what an RSA key does by itself.
  const how = algorithm.how === null ? key : { ...algorithm.how, key };
  if (quick && how === key && algorithm.hash !== null) {
    // Two thirds of the time that the one-shot function takes. Plain RSA alone: of an elliptic
    // curve it throws for a signature of the wrong form.
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
