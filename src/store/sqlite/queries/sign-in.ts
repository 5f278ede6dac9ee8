/** Sign-in links: every step is one conditional statement, so that it happens once. */

const LINK = `
  id, tenant_id AS tenantId, object_id AS objectId, request_id AS requestId, revision,
  expires_at AS expiresAt, demand`;

/** id, tenant, object, request, revision, expires at, demand */
export const INSERT_LINK = `
  INSERT INTO sign_in_links (id, tenant_id, object_id, request_id, revision, expires_at, demand)
  VALUES (?, ?, ?, ?, ?, ?, ?)`;

/** tenant, object, id of the newest, how many others stay. The oldest go. */
export const BOUND_LINKS = `
  DELETE FROM sign_in_links WHERE id IN (
    SELECT id FROM sign_in_links WHERE tenant_id = ? AND object_id = ? AND id <> ?
    ORDER BY expires_at DESC, id LIMIT 1000 OFFSET ? + 0)`;

/** state, browser, nonce, verifier; id, now */
export const OPEN_LINK = `
  UPDATE sign_in_links SET state = ?, browser = ?, nonce = ?, verifier = ?
  WHERE id = ? AND state IS NULL AND expires_at > ?
  RETURNING ${LINK}`;

/** now; state, now */
export const TAKE_ATTEMPT = `
  UPDATE sign_in_links SET taken_at = ?
  WHERE state = ? AND taken_at IS NULL AND expires_at > ?
  RETURNING ${LINK}, state, browser, nonce, verifier`;

/** code, identity; link, now */
export const PARK = `
  UPDATE sign_in_links SET code = ?, identity = ?
  WHERE id = ? AND taken_at IS NOT NULL AND code IS NULL AND expires_at > ?`;

/**
 * code, tenant, object, now. Codes may be short enough to be drawn twice: one row at most is taken,
 * and only a row of this person.
 */
export const REDEEM = `
  DELETE FROM sign_in_links
  WHERE id = (
    SELECT id FROM sign_in_links
    WHERE code = ? AND tenant_id = ? AND object_id = ? AND expires_at > ?
    ORDER BY expires_at DESC, id LIMIT 1
  )
  RETURNING ${LINK}, identity`;
