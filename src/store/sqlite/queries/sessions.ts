/** Sessions: every step is one conditional statement on the session's row. */

const SESSION = `
  id, tenant_id AS tenantId, object_id AS objectId, provider, principal, generation,
  created_at AS createdAt, used_at AS usedAt, ends_at AS endsAt, encrypted,
  encrypted_with AS encryptedWith`;

/** object, tenant, provider */
export const DELETE_OF_OWNER = `
  DELETE FROM sessions WHERE object_id = ? AND tenant_id = ? AND provider = ?`;

/** id, tenant, object, provider, principal, generation, created, used, ends, encrypted, key */
export const INSERT_SESSION = `
  INSERT INTO sessions (id, tenant_id, object_id, provider, principal, generation, created_at,
    used_at, ends_at, encrypted, encrypted_with)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

/** object, tenant, provider */
export const FIND_SESSION = `
  SELECT ${SESSION} FROM sessions WHERE object_id = ? AND tenant_id = ? AND provider = ?`;

/** used, ends; id, generation. A click that comes late takes nothing back. */
export const TOUCH_SESSION = `
  UPDATE sessions SET used_at = max(used_at, ?), ends_at = max(ends_at, ?)
  WHERE id = ? AND generation = ?`;

/** holder, until; id, generation, now, holder */
export const LEASE_REFRESH = `
  UPDATE sessions SET refresh_holder = ?, refresh_until = ?
  WHERE id = ? AND generation = ? AND (refresh_until <= ? OR refresh_holder = ?)`;

/** encrypted, key; id, generation */
export const RENEW_SESSION = `
  UPDATE sessions SET generation = generation + 1, encrypted = ?, encrypted_with = ?,
    refresh_holder = NULL, refresh_until = 0
  WHERE id = ? AND generation = ?`;

/** id, holder */
export const RELEASE_REFRESH = `
  UPDATE sessions SET refresh_holder = NULL, refresh_until = 0
  WHERE id = ? AND refresh_holder = ?`;

/** encrypted, key; id, generation */
export const REENCRYPT_SESSION = `
  UPDATE sessions SET encrypted = ?, encrypted_with = ? WHERE id = ? AND generation = ?`;

/** key, key, limit: two ranges of the index, as an inequality has none. */
export const NOT_ENCRYPTED_WITH = `
  SELECT * FROM (
    SELECT ${SESSION} FROM sessions WHERE encrypted_with < ?
    UNION ALL
    SELECT ${SESSION} FROM sessions WHERE encrypted_with > ?
  ) LIMIT ? + 0`;

/** id */
export const END_ONE = 'DELETE FROM sessions WHERE id = ?';

/** object */
export const END_OBJECT = 'DELETE FROM sessions WHERE object_id = ?';

/** object, tenant */
export const END_PERSON = 'DELETE FROM sessions WHERE object_id = ? AND tenant_id = ?';

/** principal */
export const END_PRINCIPAL = 'DELETE FROM sessions WHERE principal = ?';

export const END_ALL = 'DELETE FROM sessions';
