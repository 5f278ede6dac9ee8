import { ID, JSON_TEXT, WHOLE, query, text } from '../query.ts';

/** Sign-in links: every step is one conditional statement, so that it happens once. */

const LINK = [
  'id', 'tenant_id AS tenantId', 'object_id AS objectId', 'request_id AS requestId', 'revision',
  'expires_at AS expiresAt',
];

const row = (name: 'inserted' | 'deleted', columns: readonly string[]) =>
  columns.map((column) => `${name}.${column}`).join(', ');

/** `~` is in no state: an unopened link's place in the unique key is its own. */
export const INSERT_LINK = query(
  { id: ID, tenantId: ID, objectId: ID, requestId: ID, revision: WHOLE, expiresAt: WHOLE }, `
  INSERT INTO dbo.sign_in_links
    (id, tenant_id, object_id, request_id, revision, expires_at, opened, state)
  VALUES (@id, @tenantId, @objectId, @requestId, @revision, @expiresAt, 0, N'~' + @id)`);

/** Primary key sign_in_links_pk */
export const OPEN_LINK = query(
  {
    id: ID, state: text(120), browser: ID, nonce: text(200), verifier: JSON_TEXT, now: WHOLE,
  }, `
  UPDATE dbo.sign_in_links
  SET opened = 1, state = @state, browser = @browser, nonce = @nonce, verifier = @verifier
  OUTPUT ${row('inserted', LINK)}
  WHERE id = @id AND opened = 0 AND expires_at > @now`);

/** Unique key sign_in_links_by_state */
export const TAKE_ATTEMPT = query({ state: text(120), now: WHOLE }, `
  UPDATE dbo.sign_in_links SET taken_at = @now
  OUTPUT ${row('inserted', [...LINK, 'state', 'browser', 'nonce', 'verifier'])}
  WHERE state = @state AND opened = 1 AND taken_at IS NULL AND expires_at > @now`);

/** Primary key sign_in_links_pk */
export const PARK = query({ id: ID, code: ID, identity: JSON_TEXT, now: WHOLE }, `
  UPDATE dbo.sign_in_links SET code = @code, [identity] = @identity
  WHERE id = @id AND taken_at IS NOT NULL AND code IS NULL AND expires_at > @now`);

/**
 * Index sign_in_links_by_code. Codes may be short enough to be drawn twice: one row at most is
 * taken, and only a row of this person.
 */
export const REDEEM = query({ code: ID, tenantId: ID, objectId: ID, now: WHOLE }, `
  DELETE FROM dbo.sign_in_links
  OUTPUT ${row('deleted', [...LINK, '[identity]'])}
  WHERE code = @code AND id = (
    SELECT TOP (1) id FROM dbo.sign_in_links
    WHERE code = @code AND tenant_id = @tenantId AND object_id = @objectId AND expires_at > @now
    ORDER BY expires_at DESC, id
  )`);
