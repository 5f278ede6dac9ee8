/** Keys of people: one row each, deleted by an erasure. Lists are JSON. */

const PERSON_KEY = 'person, pseudonym, encrypted';

export const FIND_PERSON_KEYS = `
  SELECT ${PERSON_KEY} FROM person_keys WHERE person IN (SELECT value FROM json_each(:persons))`;

export const FIND_PSEUDONYMS = `
  SELECT ${PERSON_KEY} FROM person_keys WHERE pseudonym IN (SELECT value FROM json_each(:pseudonyms))`;

export const HAS_PERSON_KEY = `
  SELECT 1 FROM person_keys WHERE person = :person AND pseudonym = :pseudonym`;

/** No row changed: another process created the key first. */
export const INSERT_PERSON_KEY = `
  INSERT INTO person_keys (person, pseudonym, encrypted) VALUES (:person, :pseudonym, :encrypted)
  ON CONFLICT (person) DO NOTHING`;
