import type { Clock } from '../lib/clock.ts';
import { systemIds } from '../lib/ids.ts';
import type { KeyRotationStore, KeyStore, StoredKey } from '../usecases/ports/key-store.ts';
import { KeysError } from './errors.ts';
import { createCipher, deriveKey, keyName, keyOfCiphertext } from './cipher.ts';
import type { Cipher } from './cipher.ts';

export type EncryptionKeys = Awaited<ReturnType<typeof openEncryptionKeys>>;

const KEY_BYTES = 32;

/**
 * Opens the encryption keys of a purpose: the current one encrypts, all of them decrypt. The first key is derived from the secret and not stored. Rotated keys
 * are random, and stored under a wrapping key of the purpose. A replica loads a new key when it
 * decrypts the first text with it, or on `reload`.
 *
 * @throws KeysError `signing_secret_short`, `signing_secret_wrong`, `signing_key_unusable`.
 */
export async function openEncryptionKeys(options: {
  purpose: string;
  secret: string;
  store: KeyStore;
  clock: Clock;
}) {
  const { purpose, secret, store, clock } = options;
  const wrapper = createCipher(deriveKey(secret, `wrap ${purpose}`));
  const first = deriveKey(secret, `encrypt ${purpose}`);
  const known = new Map<string, Cipher>([[keyName(first), createCipher(first)]]);
  let current = keyName(first);
  const reload = async () => {
    for (const stored of await store.listKeys(purpose)) {
      if (!known.has(stored.id)) known.set(stored.id, createCipher(await openKey(stored, wrapper)));
      current = stored.id;
    }
  };
  const cipherOf = (name: string): Cipher => {
    const cipher = known.get(name);
    if (cipher === undefined) throw new KeysError('ciphertext_invalid');
    return cipher;
  };
  await reload();
  return {
    /** The name of the current key. */
    current: () => current,
    reload,
    encrypt: (text: string) => cipherOf(current).encrypt(text),
    async decrypt(encrypted: string) {
      const name = keyOfCiphertext(encrypted);
      if (!known.has(name)) await reload();
      return cipherOf(name).decrypt(encrypted);
    },
    /** Creates and stores a new current key. Returns its name. */
    async rotate(into: KeyRotationStore) {
      const key = new Uint8Array(Buffer.from(systemIds.secret(KEY_BYTES), 'base64url'));
      const id = keyName(key);
      const jwk = JSON.stringify({ kty: 'oct', k: Buffer.from(key).toString('base64url') });
      const encrypted = await wrapper.encrypt(jwk);
      await into.addKey({ id, purpose, createdAt: clock.now(), encrypted });
      await reload();
      return current;
    },
  };
}

async function openKey(stored: StoredKey, wrapper: Cipher): Promise<Uint8Array> {
  let opened: string;
  try {
    opened = await wrapper.decrypt(stored.encrypted);
  } catch (cause) {
    throw new KeysError('signing_secret_wrong', { cause });
  }
  const { k } = JSON.parse(opened) as { k?: unknown };
  const key = new Uint8Array(Buffer.from(typeof k === 'string' ? k : '', 'base64url'));
  // The id is a hash of the key, so swapped rows are detected.
  if (key.length !== KEY_BYTES || keyName(key) !== stored.id) {
    throw new KeysError('signing_key_unusable');
  }
  return key;
}
