/** Sessions. Each step is one conditional statement on the row. */

const SESSION = `
  id, tenant_id AS tenantId, object_id AS objectId, provider, principal, generation,
  created_at AS createdAt, used_at AS usedAt, ends_at AS endsAt, encrypted,
  encrypted_with AS encryptedWith`;

export const DELETE_OF_OWNER = `
  DELETE FROM sessions
  WHERE object_id = :objectId AND tenant_id = :tenantId AND provider = :provider`;

export const INSERT_SESSION = `
  INSERT INTO sessions (id, tenant_id, object_id, provider, principal, generation, created_at,
    used_at, ends_at, encrypted, encrypted_with)
  VALUES (:id, :tenantId, :objectId, :provider, :principal, :generation, :createdAt,
    :usedAt, :endsAt, :encrypted, :encryptedWith)`;

export const FIND_SESSION = `
  SELECT ${SESSION} FROM sessions
  WHERE object_id = :objectId AND tenant_id = :tenantId AND provider = :provider`;

/** A delayed click does not shorten the session. */
export const TOUCH_SESSION = `
  UPDATE sessions SET used_at = max(used_at, :usedAt), ends_at = max(ends_at, :endsAt)
  WHERE id = :id AND generation = :generation`;

export const LEASE_REFRESH = `
  UPDATE sessions SET refresh_holder = :holder, refresh_until = :until
  WHERE id = :id AND generation = :generation
    AND (refresh_until <= :now OR refresh_holder = :holder)`;

export const RENEW_SESSION = `
  UPDATE sessions SET generation = generation + 1, encrypted = :encrypted,
    encrypted_with = :encryptedWith, refresh_holder = NULL, refresh_until = 0
  WHERE id = :id AND generation = :generation`;

export const RELEASE_REFRESH = `
  UPDATE sessions SET refresh_holder = NULL, refresh_until = 0
  WHERE id = :id AND refresh_holder = :holder`;

export const REENCRYPT_SESSION = `
  UPDATE sessions SET encrypted = :encrypted, encrypted_with = :encryptedWith
  WHERE id = :id AND generation = :generation`;

/** Two index ranges, because an index does not serve an inequality. */
export const NOT_ENCRYPTED_WITH = `
  SELECT * FROM (
    SELECT ${SESSION} FROM sessions WHERE encrypted_with < :encryptedWith
    UNION ALL
    SELECT ${SESSION} FROM sessions WHERE encrypted_with > :encryptedWith
  ) LIMIT :limit + 0`;

export const END_ONE = 'DELETE FROM sessions WHERE id = :id';

export const END_OBJECT = 'DELETE FROM sessions WHERE object_id = :objectId';

export const END_PERSON =
  'DELETE FROM sessions WHERE object_id = :objectId AND tenant_id = :tenantId';

export const END_PRINCIPAL = 'DELETE FROM sessions WHERE principal = :principal';

export const END_ALL = 'DELETE FROM sessions';
