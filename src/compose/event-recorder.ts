import type { Keys } from '../keys/keys.ts';
import { createPersonKeys } from '../keys/person-keys.ts';
import type { Ids } from '../lib/ids.ts';
import type { PersonKeys, PersonKeyStore } from '../usecases/ports/person-keys.ts';
import { createRecordEvents } from '../usecases/record-events.ts';
import type { RecordEvents } from '../usecases/record-events.ts';

interface Parts {
  readonly store: PersonKeyStore;
  readonly keys: Pick<Keys, 'encrypt' | 'decrypt'>;
  readonly ids: Ids;
}

/** Keys of people in a store, wrapped by a key of ours. */
export function personKeysOf({ store, keys, ids }: Parts): PersonKeys {
  const wrapper = {
    encrypt: (text: string) => keys.encrypt('person-keys', text),
    decrypt: (encrypted: string) => keys.decrypt('person-keys', encrypted),
  };
  return createPersonKeys({ store, wrapper, ids });
}

/** Records events with the keys of people in a store. */
export function eventRecorder(parts: Parts): RecordEvents {
  return createRecordEvents({ ids: parts.ids, personKeys: personKeysOf(parts) });
}
