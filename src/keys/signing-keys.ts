import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK } from 'jose';
import type { CryptoKey, JWK } from 'jose';
import type { Clock } from '../lib/clock.ts';
import type { KeyStore, StoredKey } from '../usecases/ports/key-store.ts';
import { KeysError } from './errors.ts';
import type { Cipher } from './cipher.ts';

/**
 * ES256 (RFC 7518 3.4) rather than EdDSA: receipts and checkpoints are verified by others, and
 * P-256 is what every JOSE library, .NET, the browsers and the key vaults have.
 */
export const SIGNING_ALGORITHM = 'ES256';

/** A signing key of ours. */
export interface SigningKey {
  readonly id: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly publicJwk: JWK;
}

/**
 * The keys of a purpose, oldest first; the first is made and stored where there is none. Replicas
 * that start together make one each and all use the one that was stored first.
 *
 * @throws KeysError `signing_secret_wrong`, `signing_key_unusable`.
 */
export async function loadSigningKeys(options: {
  purpose: string;
  store: KeyStore;
  cipher: Cipher;
  clock: Clock;
}): Promise<readonly [SigningKey, ...SigningKey[]]> {
  const { purpose, store, cipher, clock } = options;
  let stored = await store.listKeys(purpose);
  if (stored.length === 0) {
    await store.addFirstKey(await newKey(purpose, cipher, clock.now()));
    stored = await store.listKeys(purpose);
  }
  const ordered = stored.toSorted((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
  const [first, ...rest] = await Promise.all(ordered.map((key) => openKey(key, cipher)));
  if (first === undefined) throw new Error(`the store kept no key for ${purpose}`);
  return [first, ...rest];
}

async function newKey(purpose: string, cipher: Cipher, now: number): Promise<StoredKey> {
  const pair = await generateKeyPair(SIGNING_ALGORITHM, { extractable: true });
  const jwk = await exportJWK(pair.privateKey);
  const id = await calculateJwkThumbprint(jwk);
  return {
    id,
    purpose,
    createdAt: now,
    encrypted: await cipher.encrypt(JSON.stringify({ ...jwk, kid: id })),
  };
}

async function openKey(stored: StoredKey, cipher: Cipher): Promise<SigningKey> {
  let opened: string;
  try {
    opened = await cipher.decrypt(stored.encrypted);
  } catch (cause) {
    throw new KeysError('signing_secret_wrong', { cause });
  }
  try {
    const { d, kid, ...rest } = JSON.parse(opened) as JWK;
    const publicJwk = { kty: rest.kty, crv: rest.crv, x: rest.x, y: rest.y };
    // The encrypted text names its key, so that rows cannot be exchanged for one another.
    if (kid !== stored.id || kid !== (await calculateJwkThumbprint(publicJwk))) {
      throw new Error('the key is not the one that its row names');
    }
    const [privateKey, publicKey] = await Promise.all([
      importJWK({ ...publicJwk, d }, SIGNING_ALGORITHM),
      importJWK(publicJwk, SIGNING_ALGORITHM),
    ]);
    if (privateKey instanceof Uint8Array || publicKey instanceof Uint8Array) {
      throw new Error('the key is symmetric');
    }
    return {
      id: stored.id,
      privateKey,
      publicKey,
      publicJwk: { ...publicJwk, kid, alg: SIGNING_ALGORITHM, use: 'sig' },
    };
  } catch (cause) {
    throw new KeysError('signing_key_unusable', { cause });
  }
}
