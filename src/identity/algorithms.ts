import { webcrypto } from 'node:crypto';
import type { CryptoKey } from 'jose';

type Params = Parameters<typeof webcrypto.subtle.verify>[0];

interface Algorithm {
  readonly kty: 'RSA' | 'EC' | 'OKP';
  readonly crv: string | null;
  readonly params: Params;
}

const rsa = (params: Params): Algorithm => ({ kty: 'RSA', crv: null, params });
const ec = (crv: string, hash: string): Algorithm =>
  ({ kty: 'EC', crv, params: { name: 'ECDSA', hash } });

/**
 * The algorithms there are for tokens from outside (RFC 7518 3.1, RFC 8037): asymmetric only, so
 * that nobody can sign with what is published. Keys are bound to one of them when imported.
 */
const ALGORITHMS: ReadonlyMap<string, Algorithm> = new Map([
  ['RS256', rsa({ name: 'RSASSA-PKCS1-v1_5' })],
  ['RS384', rsa({ name: 'RSASSA-PKCS1-v1_5' })],
  ['RS512', rsa({ name: 'RSASSA-PKCS1-v1_5' })],
  ['PS256', rsa({ name: 'RSA-PSS', saltLength: 32 })],
  ['PS384', rsa({ name: 'RSA-PSS', saltLength: 48 })],
  ['PS512', rsa({ name: 'RSA-PSS', saltLength: 64 })],
  ['ES256', ec('P-256', 'SHA-256')],
  ['ES384', ec('P-384', 'SHA-384')],
  ['ES512', ec('P-521', 'SHA-512')],
  ['EdDSA', { kty: 'OKP', crv: 'Ed25519', params: { name: 'Ed25519' } }],
]);

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

/**
 * Whether a signature is good. The key must have been imported for `alg`. Node's WebCrypto is
 * called directly: the token was parsed once, by our own strict parser, and a second parser could
 * only see another token in the same text.
 */
export async function verifySignature(options: {
  alg: string; key: CryptoKey; signature: Uint8Array; data: Uint8Array;
}): Promise<boolean> {
  const algorithm = ALGORITHMS.get(options.alg);
  if (algorithm === undefined) return false;
  const { key, signature, data } = options;
  return webcrypto.subtle.verify(algorithm.params, key, signature, data);
}
