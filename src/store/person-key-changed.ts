import { StoreError } from '../usecases/ports/store-error.ts';

export const PERSON_KEY_CHANGED =
  'The key of a person was erased, or created by another process meanwhile: nothing was written. ' +
  'Encrypt with the current key and try again.';

/** The error of a write whose events are encrypted with an erased or outdated key. */
export function personKeyChanged(): StoreError {
  return new StoreError('person_key_changed', PERSON_KEY_CHANGED);
}
