/** People as in their last verified token, with an index by role. */

const PERSON = `
  p.key, p.tenant_id AS tenantId, p.object_id AS objectId, p.user_id AS userId, p.name,
  p.roles, p.claims, p.seen_at AS seenAt`;

export const FIND_PERSON = `SELECT ${PERSON} FROM people p WHERE p.key = :key`;

/** The latest people of each role by index, then of all roles. */
export const FIND_PEOPLE = `
  SELECT ${PERSON} FROM people p
  WHERE p.key IN (
    SELECT x.person_key
    FROM json_each(:roles) r CROSS JOIN people_roles x ON x.rowid IN (
      SELECT i.rowid FROM people_roles i WHERE i.role = r.value
      ORDER BY i.seen_at DESC, i.person_key DESC LIMIT :limit + 0
    )
  )
  ORDER BY p.seen_at DESC, p.key DESC LIMIT :limit + 0`;

/** An older value changes nothing. */
export const UPSERT_PERSON = `
  INSERT INTO people (key, tenant_id, object_id, user_id, name, roles, claims, seen_at)
  VALUES (:key, :tenantId, :objectId, :userId, :name, :roles, :claims, :seenAt)
  ON CONFLICT (key) DO UPDATE SET
    tenant_id = excluded.tenant_id,
    object_id = excluded.object_id,
    user_id = excluded.user_id,
    name = excluded.name,
    roles = excluded.roles,
    claims = excluded.claims,
    seen_at = excluded.seen_at
  WHERE excluded.seen_at >= seen_at`;

/** Deletes the roles that the person no longer has. */
export const FORGET_ROLES = `
  DELETE FROM people_roles
  WHERE person_key = :key AND role NOT IN (SELECT value FROM json_each(:roles))`;

export const UPSERT_ROLES = `
  INSERT INTO people_roles (person_key, role, seen_at)
  SELECT :key, value, :seenAt FROM json_each(:roles) WHERE true
  ON CONFLICT (person_key, role) DO UPDATE SET seen_at = excluded.seen_at`;
