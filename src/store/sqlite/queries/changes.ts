/** Change ids and once-keys: what may happen once. */

/** No row changed: the change was committed before. */
export const INSERT_CHANGE = `
  INSERT INTO changes (id, request_id, at) VALUES (:id, :requestId, :at)
  ON CONFLICT (id) DO NOTHING`;

export const FIND_CHANGE = 'SELECT request_id AS requestId FROM changes WHERE id = :id';

/** No row changed: the key is used. */
export const INSERT_ONCE_KEY = `
  INSERT INTO once_keys (kind, key, request_id, fingerprint, expires_at)
  VALUES (:kind, :key, :requestId, :fingerprint, :expiresAt)
  ON CONFLICT (kind, key) DO NOTHING`;

export const FIND_ONCE_KEY = `
  SELECT kind, key, request_id AS requestId, fingerprint, expires_at AS expiresAt
  FROM once_keys WHERE kind = :kind AND key = :key`;
