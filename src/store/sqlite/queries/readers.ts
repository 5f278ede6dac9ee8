/** The index of who may read what. */

export const INSERT_READER = `
  INSERT INTO request_readers (reader, is_open, number) VALUES (:reader, :isOpen, :number)
  ON CONFLICT (reader, is_open, number) DO NOTHING`;

/** When a request ends. */
export const END_READER = `
  DELETE FROM request_readers WHERE reader = :reader AND is_open = 1 AND number = :number`;

/** ids (JSON): for an erasure. */
export const DELETE_READERS = `
  DELETE FROM request_readers WHERE number IN (
    SELECT r.number FROM requests r WHERE r.id IN (SELECT value FROM json_each(:ids))
  )`;
