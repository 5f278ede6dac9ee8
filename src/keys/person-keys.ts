import type { Ids } from '../lib/ids.ts';
import { Lru } from '../lib/lru.ts';
import type {
  PersonKey,
  PersonKeys,
  PersonKeyStore,
  StoredPersonKey,
} from '../usecases/ports/person-keys.ts';
import type { Cipher } from './cipher.ts';
import { createCipher } from './cipher.ts';
import { KeysError } from './errors.ts';

const KEY_BYTES = 32;
const PSEUDONYM_BYTES = 16;
const KEPT = 10_000;

/**
 * Keys of people: random, stored under a wrapping key, destroyed by an erasure. A new key is not
 * cached, because the commit that stores it may fail.
 */
export function createPersonKeys(parts: {
  store: PersonKeyStore;
  wrapper: Cipher;
  ids: Ids;
}): PersonKeys {
  const { store, wrapper, ids } = parts;
  const known = new Lru<PersonKey>(KEPT);
  const load = async (stored: readonly StoredPersonKey[]) => {
    const opened = await Promise.all(stored.map((row) => openKey(row, wrapper)));
    for (const key of opened) known.set(key.person, key);
    return opened;
  };
  return {
    async take(persons) {
      const cached = persons.flatMap((person) => known.get(person) ?? []);
      const missing = without(persons, cached);
      if (missing.length === 0) return cached;
      const loaded = await load(await store.findPersonKeys(missing));
      const made = without(missing, loaded).map((person) => makeKey(person, { wrapper, ids }));
      return [...cached, ...loaded, ...(await Promise.all(made))];
    },
    find: async (pseudonyms) => load(await store.findPseudonyms(pseudonyms)),
    forget(persons) {
      for (const person of persons) known.delete(person);
    },
  };
}

function without(persons: readonly string[], keys: readonly PersonKey[]): readonly string[] {
  return persons.filter((person) => !keys.some((key) => key.person === person));
}

async function makeKey(
  person: string,
  { wrapper, ids }: { wrapper: Cipher; ids: Ids },
): Promise<PersonKey> {
  const k = ids.secret(KEY_BYTES);
  const pseudonym = `per_${ids.secret(PSEUDONYM_BYTES)}`;
  const encrypted = await wrapper.encrypt(JSON.stringify({ person, pseudonym, k }));
  return { person, pseudonym, encrypted, isNew: true, ...cipherOf(k) };
}

async function openKey(row: StoredPersonKey, wrapper: Cipher): Promise<PersonKey> {
  const { person, pseudonym, encrypted } = row;
  const inside = JSON.parse(await wrapper.decrypt(encrypted)) as Record<string, unknown>;
  const { k } = inside;
  // The encrypted text has the ids of its row, so swapped rows are detected.
  if (inside['person'] !== person || inside['pseudonym'] !== pseudonym || typeof k !== 'string') {
    throw new KeysError('signing_key_unusable');
  }
  return { person, pseudonym, encrypted, isNew: false, ...cipherOf(k) };
}

function cipherOf(k: string): Cipher {
  return createCipher(new Uint8Array(Buffer.from(k, 'base64url')));
}
