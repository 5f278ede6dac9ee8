import { USE_PERSON_KEYS } from './person-keys.ts';
import { COLUMNS } from '../columns.ts';
import {
  ID,
  JSON_TEXT,
  SMALL,
  WHOLE,
  query,
  rowsOf,
  step,
  textsOf,
  transaction,
} from '../query.ts';

/** The audit log: events, unsealed events, leaves and checkpoints. */

const EVENT = 'e.id, e.[at], e.type, e.request_id AS requestId, e.body';

const EVENTS = rowsOf('@events', COLUMNS.audit_events);

/** Part of every batch that inserts events. */
export const INSERT_EVENTS = `
  ${USE_PERSON_KEYS}
  INSERT INTO dbo.audit_events (id, [at], type, request_id, body)
  SELECT n.id, n.[at], n.type, n.request_id, n.body FROM ${EVENTS} n;
  INSERT INTO dbo.audit_pending (event_id) SELECT n.id FROM ${EVENTS} n;`;

/** Parameters of `changeAndRecord`. */
export const RECORDED = { events: JSON_TEXT, personKeys: JSON_TEXT, always: SMALL };

/**
 * Runs a statement, and inserts the events of it in the same transaction, if it changed a row or
 * @always is 1. Returns as `changed` how many rows it changed.
 */
export function changeAndRecord(statement: string): string {
  return `
  DECLARE @changed int;
  ${transaction(
    `${statement};
    SET @changed = @@ROWCOUNT;
    IF @changed > 0 OR @always = 1
    BEGIN
      ${INSERT_EVENTS}
    END;`,
  )}
  SELECT @changed AS changed`;
}

/** Primary key audit_pending_pk, then audit_events_pk */
export const UNSEALED_EVENTS = query(
  { limit: SMALL },
  `
  SELECT TOP (@limit) ${EVENT}
  FROM dbo.audit_pending p JOIN dbo.audit_events e ON e.id = p.event_id
  ORDER BY p.event_id`,
);

/** Index audit_events_by_request */
export const EVENTS_OF = query(
  { requestId: ID },
  `SELECT ${EVENT} FROM dbo.audit_events e WHERE e.request_id = @requestId ORDER BY e.id`,
);

/** Index audit_events_by_request */
export const EVENTS_OF_REQUESTS = query(
  { requestIds: JSON_TEXT },
  `
  SELECT ${EVENT} FROM dbo.audit_events e
  WHERE e.request_id IN (SELECT i.text FROM ${textsOf('@requestIds', ID)} i)
    AND e.type LIKE N'request.%'`,
);

/** The highest number that a list of all requests reads: a higher one hides a request. */
const LAST_LISTED = Number.MAX_SAFE_INTEGER - 1;

/** Primary keys audit_events_pk, audit_pending_pk; unique keys of audit_leaves and requests */
export const LIST_EVENTS = query(
  { after: ID, limit: SMALL },
  `
  SELECT TOP (@limit) e.id, e.[at], e.type, e.request_id AS requestId, l.idx,
    p.event_id AS mark, r.id AS known, CASE WHEN l.idx IS NULL THEN e.body END AS waiting
  FROM dbo.audit_events e
  LEFT JOIN dbo.audit_leaves l ON l.event_id = e.id
  LEFT JOIN dbo.audit_pending p ON p.event_id = e.id
  LEFT JOIN dbo.requests r ON r.id = e.request_id AND r.number BETWEEN 1 AND ${LAST_LISTED}
  WHERE e.id > @after ORDER BY e.id`,
);

const SIZE = 'COALESCE(MAX(idx) + 1, 0)';

/** Primary key audit_leaves_pk, its last row */
export const TREE_SIZE = query({}, `SELECT ${SIZE} AS size FROM dbo.audit_leaves`);

const LEAVES = rowsOf('@leaves', { index: WHOLE, event_id: ID, hash: ID });

/**
 * Inserts leaves and their checkpoint in one transaction, if the log has the expected size. Of two
 * concurrent sealers one violates the primary key of the first leaf. Outcome: `sealed`, `stale`,
 * `stranger` (an event is not waiting to be sealed), `repeated` (an event has a leaf already).
 */
export const SEAL = query(
  {
    expectedSize: WHOLE,
    leaves: JSON_TEXT,
    count: SMALL,
    size: WHOLE,
    root: ID,
    at: WHOLE,
    jws: JSON_TEXT,
    peaks: JSON_TEXT,
  },
  `
  DECLARE @outcome nvarchar(20), @found bigint;
  ${transaction(
    `SELECT @found = ${SIZE} FROM dbo.audit_leaves;
    IF @found <> @expectedSize SET @outcome = N'stale';
    ${step(`
      INSERT INTO dbo.audit_leaves (idx, event_id, hash)
      SELECT n.[index], n.event_id, n.hash FROM ${LEAVES} n;
      DELETE FROM dbo.audit_pending
      WHERE event_id IN (SELECT n.event_id FROM ${LEAVES} n);
      IF @@ROWCOUNT <> @count SET @outcome = N'stranger';`)}
    ${step(`
      INSERT INTO dbo.audit_checkpoints (size, root, [at], jws) VALUES (@size, @root, @at, @jws);
      UPDATE dbo.audit_frontier SET size = @size, peaks = @peaks WHERE id = 1;
      IF @@ROWCOUNT = 0
        INSERT INTO dbo.audit_frontier (id, size, peaks) VALUES (1, @size, @peaks);`)}`,
    {
      done: 'sealed',
      onDuplicate: `SELECT @found = ${SIZE} FROM dbo.audit_leaves;
    SET @outcome = CASE WHEN @found <> @expectedSize THEN N'stale' ELSE N'repeated' END;`,
    },
  )}
  SELECT @outcome AS outcome`,
);

/** Primary key audit_frontier_pk */
export const FRONTIER = query({}, `SELECT size, peaks FROM dbo.audit_frontier WHERE id = 1`);

/** Primary keys audit_leaves_pk and audit_events_pk. `id` is null if the event is missing. */
export const READ_LEAVES = query(
  { from: WHOLE, limit: SMALL },
  `
  SELECT TOP (@limit) l.idx, l.event_id AS eventId, l.hash, ${EVENT}
  FROM dbo.audit_leaves l LEFT JOIN dbo.audit_events e ON e.id = l.event_id
  WHERE l.idx >= @from ORDER BY l.idx`,
);

const CHECKPOINT = 'size, root, [at], jws';

export const LAST_CHECKPOINT = query(
  {},
  `SELECT TOP (1) ${CHECKPOINT} FROM dbo.audit_checkpoints ORDER BY size DESC`,
);

/** `from` is a tree size. */
export const LIST_CHECKPOINTS = query(
  { from: WHOLE, limit: SMALL },
  `
  SELECT TOP (@limit) ${CHECKPOINT} FROM dbo.audit_checkpoints
  WHERE size >= @from ORDER BY size`,
);
