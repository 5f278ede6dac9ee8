import { StoreError } from '../usecases/ports/store-error.ts';

export const PERSON_KEY_CHANGED =
  'The key of a person was erased, or made by another process meanwhile: nothing was written. ' +
  'Encrypt with the key of now and send it again.';

/** What the write of an event fails with whose encryption does not hold any more. */
export function personKeyChanged(): StoreError {
  return new StoreError('person_key_changed', PERSON_KEY_CHANGED);
}
