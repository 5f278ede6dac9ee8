import {
  BYTES,
  ID,
  JSON_TEXT,
  KIND,
  PRINCIPAL_KEY,
  SMALL,
  WHOLE,
  query,
  rowsOf,
  step,
  textsOf,
  transaction,
} from '../query.ts';
import { INSERT_EVENTS } from './audit.ts';
import { REPLACE_READERS } from './readers.ts';
import { REQUEST } from './requests.ts';

/** Statements of an erasure. */

const NAMES = `(SELECT n.text FROM ${textsOf('@names', 'nvarchar(400)')} n)`;
const STATES = `(SELECT s.text FROM ${textsOf('@states', KIND)} s)`;

/** The object id in the key of a chat: `person:<tenant>:<object id>` (conversationKey). */
const TENANT = `REPLACE(REPLACE(c.tenant_id, N'%', N'%25'), N':', N'%3A')`;
const OF_KEY = `SUBSTRING(c.[key], LEN(N'person:' + ${TENANT} + N':') + 1, 400)`;

export const FIND_KNOWN_AS = query(
  { names: JSON_TEXT, objectIds: JSON_TEXT },
  `
  SELECT p.tenant_id AS tenantId, p.object_id AS objectId, p.user_id AS userId,
    CAST(NULL AS nvarchar(320)) AS principal
  FROM dbo.people p
  WHERE p.[key] IN ${NAMES} OR p.object_id IN ${NAMES} OR p.user_id IN ${NAMES}
  UNION ALL SELECT s.tenant_id, s.object_id, NULL, s.principal
  FROM dbo.sessions s WHERE s.object_id IN ${NAMES} OR s.principal IN ${NAMES}
  UNION ALL SELECT c.tenant_id, ${OF_KEY}, c.user_id, NULL
  FROM dbo.conversations c
  WHERE c.[key] LIKE N'person:%' AND (c.user_id IN ${NAMES} OR ${OF_KEY} IN ${NAMES})
  UNION ALL SELECT NULL, NULL, NULL, k.person
  FROM ${textsOf('@objectIds', ID)} o
  JOIN dbo.person_keys k ON k.person LIKE N'%|' + o.text`,
);

/** Whether a request contains a name as a JSON value. `quoted` are the names as JSON strings. */
const NAMED = `EXISTS (
    SELECT 1 FROM ${textsOf('@quoted', 'nvarchar(1000)')} n
    WHERE CHARINDEX(n.text, r.asked ${BYTES}) > 0 OR CHARINDEX(n.text, r.progress ${BYTES}) > 0
      OR EXISTS (
        SELECT 1 FROM dbo.decisions d
        WHERE d.request_id = r.id AND CHARINDEX(n.text, d.body ${BYTES}) > 0
      )
  )`;

export const FIND_NAMING = query(
  { quoted: JSON_TEXT, states: JSON_TEXT, limit: SMALL },
  `
  SELECT TOP (@limit) ${REQUEST} FROM dbo.requests r
  WHERE r.state IN ${STATES} AND ${NAMED} ORDER BY r.number`,
);

const REQUESTS = rowsOf('@requests', {
  id: ID,
  seen: WHOLE,
  is_asked: 'bit',
  version: WHOLE,
  requester_key: PRINCIPAL_KEY,
  asked: JSON_TEXT,
  progress: JSON_TEXT,
});
const DECISIONS = rowsOf('@decisions', {
  request_id: ID,
  id: ID,
  approver_key: PRINCIPAL_KEY,
  body: JSON_TEXT,
});
const IDS = `(SELECT i.id FROM ${rowsOf('@requests', { id: ID })} i)`;
const ASKED = `(SELECT n.id FROM ${REQUESTS} n WHERE n.is_asked = 1)`;
const PEOPLE = `[key] IN ${NAMES} OR object_id IN ${NAMES} OR user_id IN ${NAMES}`;
const CONVERSATIONS = `user_id IN ${NAMES} OR [key] IN ${NAMES}`;

/**
 * Deletes the keys first: a commit that uses one locks its row, so the erasure waits and then sees the
 * writes of that commit. Outcome: `committed`, `conflict`.
 */
export const ERASE = query(
  {
    names: JSON_TEXT,
    quoted: JSON_TEXT,
    states: JSON_TEXT,
    last: SMALL,
    pseudonyms: JSON_TEXT,
    pseudonymCount: SMALL,
    requests: JSON_TEXT,
    requestCount: SMALL,
    decisions: JSON_TEXT,
    readers: JSON_TEXT,
    events: JSON_TEXT,
    personKeys: JSON_TEXT,
  },
  `
  DECLARE @outcome nvarchar(20);
  ${transaction(
    `DELETE FROM dbo.person_keys
    WHERE pseudonym IN (SELECT n.text FROM ${textsOf('@pseudonyms', ID)} n);
    IF @@ROWCOUNT <> @pseudonymCount SET @outcome = N'conflict';
    IF @outcome IS NULL AND EXISTS (SELECT 1 FROM dbo.person_keys k WHERE k.person IN ${NAMES})
      SET @outcome = N'conflict';
    ${step(`
      UPDATE r SET version = n.version, requester_key = n.requester_key, asked = n.asked,
        progress = n.progress
      FROM dbo.requests r JOIN ${REQUESTS} n ON n.id = r.id AND n.seen = r.version;
      IF @@ROWCOUNT <> @requestCount SET @outcome = N'conflict';`)}
    ${step(`
      UPDATE d SET approver_key = n.approver_key, body = n.body
      FROM dbo.decisions d JOIN ${DECISIONS} n ON n.request_id = d.request_id AND n.id = d.id;
      ${REPLACE_READERS}
      IF EXISTS (
        SELECT 1 FROM dbo.requests r WHERE r.state IN ${STATES} AND ${NAMED}
      ) SET @outcome = N'conflict';`)}
    ${step(`
      UPDATE dbo.jobs SET error = NULL WHERE about_type = N'request' AND about_id IN ${IDS};
      DELETE FROM dbo.jobs WHERE kind = N'reply';
      DELETE FROM dbo.once_keys WHERE kind = N'idempotency' AND request_id IN ${ASKED};
      DELETE FROM dbo.cards WHERE (channel IS NULL AND request_id IN ${IDS})
        OR conversation_id IN (
          SELECT c.conversation_id FROM dbo.conversations c WHERE ${CONVERSATIONS}
        );`)}
    ${step(
      `DELETE FROM dbo.people_roles
      WHERE person_key IN (SELECT p.[key] FROM dbo.people p WHERE ${PEOPLE});
      DELETE FROM dbo.people WHERE ${PEOPLE};
      DELETE FROM dbo.conversations WHERE ${CONVERSATIONS};
      DELETE FROM dbo.sessions WHERE object_id IN ${NAMES} OR principal IN ${NAMES};
      DELETE FROM dbo.sign_in_links WHERE object_id IN ${NAMES};`,
      '@last = 1',
    )}
    ${step(INSERT_EVENTS)}`,
    { done: 'committed' },
  )}
  SELECT @outcome AS outcome`,
);
