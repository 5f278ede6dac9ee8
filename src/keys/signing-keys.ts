import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK } from 'jose';
import type { CryptoKey, JWK } from 'jose';
import type { Clock } from '../lib/clock.ts';
import type { KeyStore, StoredKey } from '../usecases/ports/key-store.ts';
import { KeysError } from './errors.ts';
import type { Cipher } from './cipher.ts';

/**
 * ES256 (RFC 7518 section 3.4), not EdDSA: others verify receipts and checkpoints, and every JOSE
 * library, .NET, browser and key vault supports P-256.
 */
export const SIGNING_ALGORITHM = 'ES256';

export interface SigningKey {
  readonly id: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly publicJwk: JWK;
}

/**
 * Loads the keys of a purpose, oldest first, and creates the first one. Replicas that start together
 * create one each; the first stored one wins.
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
    // The encrypted JWK has its own kid, so swapped rows are detected.
    if (kid !== stored.id || kid !== (await calculateJwkThumbprint(publicJwk))) {
      throw new Error('the row has the id of another key');
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
