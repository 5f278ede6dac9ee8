import { importJWK } from 'jose';
import type { CryptoKey, JWK } from 'jose';
import { fits, isKnownAlgorithm } from '../tokens/algorithms.ts';
import { isJsonObject, own } from '../../lib/strict-json.ts';
import type { JsonObject } from '../../lib/strict-json.ts';

const MAX_KEYS = 100;
const MIN_RSA_BITS = 2_048;
const MAX_RSA_BITS = 8_192;
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'] as const;
const PUBLIC_EXPONENTS = new Set(['AQAB', 'Aw']);

/** A provider's public key, imported once for each algorithm. */
export interface VerificationKey {
  readonly kid: string;
  /** The issuer that Entra names for this key, perhaps with `{tenantid}`; null elsewhere. */
  readonly issuer: string | null;
  /** The channels that Bot Framework endorses this key for. */
  readonly endorsements: readonly string[];
  /** Equal for equal keys. */
  readonly identity: string;
  /** The imported key for an algorithm; undefined if the algorithm does not fit. */
  forAlgorithm(alg: string): Promise<CryptoKey> | undefined;
}

export type KeySet = ReadonlyMap<string, VerificationKey>;

/**
 * The usable keys of a JWKS document (RFC 7517 5) by key id. Left out: symmetric, weak and private
 * keys (a published private key is compromised), keys not for signatures or without an id, and an
 * id shared by different keys. Unchanged keys of `before` are kept with their imports.
 *
 * @throws Error where the document is not a JWKS, has more than 100 keys, or no usable one.
 */
export function readKeyDocument(document: unknown, before: KeySet): KeySet {
  const list = isJsonObject(document) ? own(document, 'keys') : undefined;
  if (!Array.isArray(list)) throw new Error('the key document has no array of keys');
  if (list.length > MAX_KEYS) throw new Error(`the key document has more than ${MAX_KEYS} keys`);
  const keys = new Map<string, VerificationKey>();
  const disputed = new Set<string>();
  for (const item of list) {
    const key = isJsonObject(item) ? readKey(item) : undefined;
    if (key === undefined) continue;
    const other = keys.get(key.kid);
    if (other !== undefined && other.identity !== key.identity) disputed.add(key.kid);
    const known = before.get(key.kid);
    keys.set(key.kid, known?.identity === key.identity ? known : key);
  }
  for (const kid of disputed) keys.delete(kid);
  if (keys.size === 0) throw new Error('the key document has no usable key');
  return keys;
}

function readKey(jwk: JsonObject): VerificationKey | undefined {
  const kid = own(jwk, 'kid');
  if (typeof kid !== 'string' || kid === '' || !isForSignatures(jwk)) return undefined;
  if (isPrivate(jwk)) return undefined;
  const material = publicMaterial(jwk);
  const alg = own(jwk, 'alg');
  if (material === undefined) return undefined;
  if (alg !== undefined && (typeof alg !== 'string' || !isKnownAlgorithm(alg))) return undefined;
  const issuer = own(jwk, 'issuer');
  const endorsements = own(jwk, 'endorsements');
  return {
    kid,
    issuer: typeof issuer === 'string' ? issuer : null,
    endorsements: Array.isArray(endorsements)
      ? endorsements.filter((item) => typeof item === 'string').slice(0, 50)
      : [],
    identity: JSON.stringify([kid, alg ?? null, material, issuer ?? null, endorsements ?? null]),
    forAlgorithm: importer(material, alg),
  };
}

function importer(material: JWK, only: string | undefined): VerificationKey['forAlgorithm'] {
  const imported = new Map<string, Promise<CryptoKey>>();
  return (alg) => {
    const known = imported.get(alg);
    if (known !== undefined) return known;
    if (only !== undefined && only !== alg) return undefined;
    if (!fits(alg, material)) return undefined;
    const pending = importJWK({ ...material, alg }, alg).then((key) => {
      if (key instanceof Uint8Array) throw new Error('a symmetric key cannot verify tokens');
      return key;
    });
    imported.set(alg, pending);
    return pending;
  };
}

function isForSignatures(jwk: JsonObject): boolean {
  const use = own(jwk, 'use');
  const operations = own(jwk, 'key_ops');
  if (use !== undefined && use !== 'sig') return false;
  return operations === undefined || (Array.isArray(operations) && operations.includes('verify'));
}

/** Whether a JWK contains private or symmetric key material (RFC 7517 9.2). */
export function isPrivate(jwk: JsonObject): boolean {
  return PRIVATE_MEMBERS.some((name) => Object.hasOwn(jwk, name));
}

/** Only the members of the public key; undefined where the key is weak or unsupported. */
export function publicMaterial(jwk: JsonObject): JWK | undefined {
  const text = (name: string) => {
    const value = own(jwk, name);
    return typeof value === 'string' && value.length <= 2_048 ? value : undefined;
  };
  const [kty, crv, x, y, n, e] = ['kty', 'crv', 'x', 'y', 'n', 'e'].map(text);
  if (kty === 'RSA' && n !== undefined && e !== undefined) {
    const bits = rsaBits(n);
    const strong = bits >= MIN_RSA_BITS && bits <= MAX_RSA_BITS && PUBLIC_EXPONENTS.has(e);
    return strong ? { kty, n, e } : undefined;
  }
  if (kty === 'EC' && crv !== undefined && x !== undefined && y !== undefined) {
    return { kty, crv, x, y };
  }
  if (kty === 'OKP' && crv === 'Ed25519' && x !== undefined) return { kty, crv, x };
  return undefined;
}

function rsaBits(modulus: string): number {
  const bytes = Buffer.from(modulus, 'base64url');
  let at = 0;
  while (at < bytes.length && bytes[at] === 0) at += 1;
  const top = bytes[at];
  return top === undefined ? 0 : (bytes.length - at) * 8 - Math.clz32(top) + 24;
}
