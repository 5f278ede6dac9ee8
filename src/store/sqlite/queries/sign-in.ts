/** Sign-in links. Each step is one conditional statement, so that it happens once. */

const LINK = `
  id, tenant_id AS tenantId, object_id AS objectId, request_id AS requestId, revision,
  expires_at AS expiresAt, demand`;

export const INSERT_LINK = `
  INSERT INTO sign_in_links (id, tenant_id, object_id, request_id, revision, expires_at, demand)
  VALUES (:id, :tenantId, :objectId, :requestId, :revision, :expiresAt, :demand)`;

/** Keeps the newest link (`id`) and `kept` others of the person, and deletes the oldest. */
export const BOUND_LINKS = `
  DELETE FROM sign_in_links WHERE id IN (
    SELECT id FROM sign_in_links WHERE tenant_id = :tenantId AND object_id = :objectId AND id <> :id
    ORDER BY expires_at DESC, id LIMIT 1000 OFFSET :kept + 0)`;

export const OPEN_LINK = `
  UPDATE sign_in_links SET state = :state, browser = :browser, nonce = :nonce, verifier = :verifier
  WHERE id = :id AND state IS NULL AND expires_at > :now
  RETURNING ${LINK}`;

export const TAKE_ATTEMPT = `
  UPDATE sign_in_links SET taken_at = :now
  WHERE state = :state AND taken_at IS NULL AND expires_at > :now
  RETURNING ${LINK}, state, browser, nonce, verifier`;

export const PARK = `
  UPDATE sign_in_links SET code = :code, identity = :identity
  WHERE id = :id AND taken_at IS NOT NULL AND code IS NULL AND expires_at > :now`;

/** Short codes may not be unique: takes at most one row, and only of this person. */
export const REDEEM = `
  DELETE FROM sign_in_links
  WHERE id = (
    SELECT id FROM sign_in_links
    WHERE code = :code AND tenant_id = :tenantId AND object_id = :objectId AND expires_at > :now
    ORDER BY expires_at DESC, id LIMIT 1
  )
  RETURNING ${LINK}, identity`;
