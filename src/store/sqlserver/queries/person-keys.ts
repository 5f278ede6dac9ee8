import { COLUMNS } from '../columns.ts';
import { ID, JSON_TEXT, PRINCIPAL_KEY, query, rowsOf, textsOf } from '../query.ts';

/** Keys of people: one row each, deleted by an erasure. */

const PERSON_KEY = 'k.person, k.pseudonym, k.encrypted';

/** Primary key person_keys_pk */
export const FIND_PERSON_KEYS = query(
  { persons: JSON_TEXT },
  `
  SELECT ${PERSON_KEY} FROM ${textsOf('@persons', PRINCIPAL_KEY)} n
  JOIN dbo.person_keys k ON k.person = n.text`,
);

/** Unique key person_keys_by_pseudonym */
export const FIND_PSEUDONYMS = query(
  { pseudonyms: JSON_TEXT },
  `
  SELECT ${PERSON_KEY} FROM ${textsOf('@pseudonyms', ID)} n
  JOIN dbo.person_keys k ON k.pseudonym = n.text`,
);

const USED = rowsOf('@personKeys', { ...COLUMNS.person_keys, is_new: 'bit' });

/**
 * Part of every statement that inserts events: locks the rows of the used keys and inserts new keys. A
 * concurrent erasure then waits for this commit, or this commit fails.
 */
export const USE_PERSON_KEYS = `
    DECLARE @keysFound int, @keysUsed int;
    SELECT @keysUsed = COUNT(*) FROM ${USED} n;
    UPDATE k SET encrypted = k.encrypted
    FROM dbo.person_keys k JOIN ${USED} n ON n.person = k.person AND n.pseudonym = k.pseudonym
    WHERE n.is_new = 0;
    SET @keysFound = @@ROWCOUNT;
    INSERT INTO dbo.person_keys (person, pseudonym, encrypted)
    SELECT n.person, n.pseudonym, n.encrypted FROM ${USED} n
    WHERE n.is_new = 1
      AND NOT EXISTS (SELECT 1 FROM dbo.person_keys k WHERE k.person = n.person);
    SET @keysFound = @keysFound + @@ROWCOUNT;
    IF @keysFound < @keysUsed THROW 51012, 'A key of a person was erased, or made by another', 1;`;
