import { COLUMNS } from '../columns.ts';
import { ID, JSON_TEXT, SMALL, WHOLE, query } from '../query.ts';

/** Sign-in links. Each step is one conditional statement, so that it happens once. */

const LINK = `id, tenant_id AS tenantId, object_id AS objectId, request_id AS requestId, revision,
    expires_at AS expiresAt, demand`;

/** The columns of a link and its attempt. */
const TAKEN_COLUMNS = Object.entries(COLUMNS.sign_in_links).filter(
  ([name]) => !['opened', 'taken_at', 'code', 'identity'].includes(name),
);

/**
 * A table variable for the OUTPUT of a statement: Babelfish does not return OUTPUT from a statement
 * with parameters. The row must come from the statement that wrote it.
 */
const TAKEN = `
  SET NOCOUNT ON;
  DECLARE @taken TABLE (${TAKEN_COLUMNS.map((column) => column.join(' ')).join(', ')});`;

const into = (name: 'inserted' | 'deleted') =>
  `OUTPUT ${TAKEN_COLUMNS.map(([column]) => `${name}.${column}`).join(', ')} INTO @taken`;

/**
 * No state contains `~`, so the placeholder of an unopened link is unique. Deletes the oldest links of
 * the person (index sign_in_links_by_person).
 */
export const INSERT_LINK = query(
  {
    id: ID,
    tenantId: ID,
    objectId: ID,
    requestId: ID,
    revision: WHOLE,
    expiresAt: WHOLE,
    demand: JSON_TEXT,
    others: SMALL,
  },
  `
  SET NOCOUNT ON;
  INSERT INTO dbo.sign_in_links
    (id, tenant_id, object_id, request_id, revision, expires_at, opened, state, demand)
  VALUES (@id, @tenantId, @objectId, @requestId, @revision, @expiresAt, 0, N'~' + @id, @demand);
  DELETE FROM dbo.sign_in_links
  WHERE tenant_id = @tenantId AND object_id = @objectId AND id <> @id AND id NOT IN (
    SELECT TOP (@others) id FROM dbo.sign_in_links
    WHERE tenant_id = @tenantId AND object_id = @objectId AND id <> @id
    ORDER BY expires_at DESC, id
  )`,
);

/** Primary key sign_in_links_pk */
export const OPEN_LINK = query(
  {
    id: ID,
    state: COLUMNS.sign_in_links.state,
    browser: ID,
    nonce: COLUMNS.sign_in_links.nonce,
    verifier: JSON_TEXT,
    now: WHOLE,
  },
  `${TAKEN}
  UPDATE dbo.sign_in_links
  SET opened = 1, state = @state, browser = @browser, nonce = @nonce, verifier = @verifier
  ${into('inserted')}
  WHERE id = @id AND opened = 0 AND expires_at > @now;
  SELECT ${LINK} FROM @taken`,
);

/** Unique key sign_in_links_by_state */
export const TAKE_ATTEMPT = query(
  { state: COLUMNS.sign_in_links.state, now: WHOLE },
  `${TAKEN}
  UPDATE dbo.sign_in_links SET taken_at = @now
  ${into('inserted')}
  WHERE state = @state AND opened = 1 AND taken_at IS NULL AND expires_at > @now;
  SELECT ${LINK}, state, browser, nonce, verifier FROM @taken`,
);

/** Primary key sign_in_links_pk */
export const PARK = query(
  { id: ID, code: ID, identity: JSON_TEXT, now: WHOLE },
  `
  UPDATE dbo.sign_in_links SET code = @code, [identity] = @identity
  WHERE id = @id AND taken_at IS NOT NULL AND code IS NULL AND expires_at > @now`,
);

/**
 * Index sign_in_links_by_code. Short codes may not be unique: takes at most one row, and only of this
 * person. The identity is read first: Babelfish never answers where a deleted row has a long value.
 */
export const REDEEM = query(
  { code: ID, tenantId: ID, objectId: ID, now: WHOLE },
  `${TAKEN}
  DECLARE @id nvarchar(100), @identity nvarchar(max);
  SELECT TOP (1) @id = id, @identity = [identity] + N'' FROM dbo.sign_in_links
  WHERE code = @code AND tenant_id = @tenantId AND object_id = @objectId AND expires_at > @now
  ORDER BY expires_at DESC, id;
  DELETE FROM dbo.sign_in_links
  ${into('deleted')}
  WHERE code = @code AND id = @id;
  SELECT ${LINK}, @identity AS [identity] FROM @taken`,
);
