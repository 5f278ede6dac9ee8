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
  /** Null where the provider names none (OpenID Connect Core 10.1). */
  readonly kid: string | null;
  /** The issuer that Entra names for this key, perhaps with `{tenantid}`; null elsewhere. */
  readonly issuer: string | null;
  /** The channels that Bot Framework endorses this key for. */
  readonly endorsements: readonly string[];
  /** Equal for equal keys. */
  readonly identity: string;
  /** Whether the key fits an algorithm, and is not bound to another one. */
  fits(alg: string): boolean;
  /** The imported key for an algorithm; undefined if the algorithm does not fit. */
  forAlgorithm(alg: string): Promise<CryptoKey> | undefined;
}

/** A provider's usable keys. */
export interface KeySet {
  /** Without an id that different keys share. */
  readonly byId: ReadonlyMap<string, VerificationKey>;
  /** Each key once, also without an id. */
  readonly all: readonly VerificationKey[];
}

export const NO_KEYS: KeySet = { byId: new Map(), all: [] };

/**
 * The usable keys of a JWKS document (RFC 7517 5). Left out: symmetric, weak and private keys (a
 * published private key is compromised) and keys not for signatures. An id shared by different keys
 * finds none of them. Unchanged keys of `before` are kept with their imports.
 *
 * @throws Error where the document is not a JWKS, has more than 100 keys, or no usable one.
 */
export function readKeyDocument(document: unknown, before: KeySet): KeySet {
  const list = isJsonObject(document) ? own(document, 'keys') : undefined;
  if (!Array.isArray(list)) throw new Error('the key document has no array of keys');
  if (list.length > MAX_KEYS) throw new Error(`the key document has more than ${MAX_KEYS} keys`);
  const known = new Map(before.all.map((key) => [key.identity, key]));
  const keys = new Map<string, VerificationKey>();
  for (const item of list) {
    const key = isJsonObject(item) ? readKey(item) : undefined;
    if (key !== undefined) keys.set(key.identity, known.get(key.identity) ?? key);
  }
  const all = [...keys.values()];
  const byId = new Map<string, VerificationKey>();
  for (const key of all) {
    const alone = all.every((other) => other === key || other.kid !== key.kid);
    if (key.kid !== null && alone) byId.set(key.kid, key);
  }
  if (byId.size === 0 && all.every(({ kid }) => kid !== null)) {
    throw new Error('the key document has no usable key');
  }
  return { byId, all };
}

/**
 * The key of a token: by its id, else the only key that fits its algorithm, where the token or that
 * key has no id (OpenID Connect Core 10.1). `several` where more than one fits: trying each of them
 * would let any of a provider's keys stand for another.
 */
export function keyFor(
  { byId, all }: KeySet,
  { kid, alg }: { kid: string | null; alg: string },
): VerificationKey | 'none' | 'several' {
  const named = kid === null ? undefined : byId.get(kid);
  if (named !== undefined) return named;
  const fitting = all.filter((key) => key.fits(alg));
  if (!fitting.some((key) => kid === null || key.kid === null)) return 'none';
  const [only, ...more] = fitting;
  return only === undefined || more.length > 0 ? 'several' : only;
}

function readKey(jwk: JsonObject): VerificationKey | undefined {
  const kid = own(jwk, 'kid') ?? null;
  if ((kid !== null && typeof kid !== 'string') || kid === '') return undefined;
  if (!isForSignatures(jwk) || isPrivate(jwk)) return undefined;
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
    ...importer(material, alg),
  };
}

function importer(
  material: JWK,
  only: string | undefined,
): Pick<VerificationKey, 'fits' | 'forAlgorithm'> {
  const imported = new Map<string, Promise<CryptoKey>>();
  const fitsAlgorithm = (alg: string) => (only ?? alg) === alg && fits(alg, material);
  return {
    fits: fitsAlgorithm,
    forAlgorithm(alg) {
      const known = imported.get(alg);
      if (known !== undefined) return known;
      if (!fitsAlgorithm(alg)) return undefined;
      const pending = importJWK({ ...material, alg }, alg).then((key) => {
        if (key instanceof Uint8Array) throw new Error('a symmetric key cannot verify tokens');
        return key;
      });
      imported.set(alg, pending);
      return pending;
    },
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
