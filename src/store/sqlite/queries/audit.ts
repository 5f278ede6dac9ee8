/** The audit log: events, unsealed events, leaves and checkpoints. */

const EVENT = 'e.id, e.at, e.type, e.request_id AS requestId, e.body';

export const INSERT_EVENT = `
  INSERT INTO audit_events (id, at, type, request_id, body)
  VALUES (:id, :at, :type, :requestId, :body)`;

export const INSERT_PENDING = 'INSERT INTO audit_pending (event_id) VALUES (:id)';

export const UNSEALED_EVENTS = `
  SELECT ${EVENT} FROM audit_pending p CROSS JOIN audit_events e ON e.id = p.event_id
  ORDER BY p.event_id LIMIT :limit + 0`;

export const EVENTS_OF = `
  SELECT ${EVENT} FROM audit_events e WHERE e.request_id = :requestId ORDER BY e.id`;

/** Index audit_events_by_request */
export const EVENTS_OF_REQUESTS = `
  SELECT ${EVENT} FROM json_each(:requestIds) i CROSS JOIN audit_events e ON e.request_id = i.value
  WHERE e.type LIKE 'request.%'`;

/** The highest number that a list of all requests reads: a higher one hides a request. */
const LAST_LISTED = Number.MAX_SAFE_INTEGER - 1;

/** In the order of the ids; leaf, mark and request by their unique indexes. */
export const LIST_EVENTS = `
  SELECT e.id, e.at, e.type, e.request_id AS requestId, l.idx, p.event_id AS mark,
    r.id AS known, CASE WHEN l.idx IS NULL THEN e.body END AS waiting
  FROM audit_events e
  LEFT JOIN audit_leaves l ON l.event_id = e.id
  LEFT JOIN audit_pending p ON p.event_id = e.id
  LEFT JOIN requests r ON r.id = e.request_id AND r.number BETWEEN 1 AND ${LAST_LISTED}
  WHERE e.id > :after ORDER BY e.id LIMIT :limit + 0`;

export const TREE_SIZE = 'SELECT coalesce(max(idx) + 1, 0) AS size FROM audit_leaves';

export const INSERT_LEAF =
  'INSERT INTO audit_leaves (idx, event_id, hash) VALUES (:index, :eventId, :hash)';

export const DELETE_PENDING = 'DELETE FROM audit_pending WHERE event_id = :eventId';

export const INSERT_CHECKPOINT =
  'INSERT INTO audit_checkpoints (size, root, at, jws) VALUES (:size, :root, :at, :jws)';

export const PUT_FRONTIER = `
  INSERT INTO audit_frontier (id, size, peaks) VALUES (1, :size, :peaks)
  ON CONFLICT (id) DO UPDATE SET size = excluded.size, peaks = excluded.peaks`;

export const FRONTIER = 'SELECT size, peaks FROM audit_frontier WHERE id = 1';

/** `id` is null if the row of the event is missing. */
export const READ_LEAVES = `
  SELECT l.idx, l.event_id AS eventId, l.hash, ${EVENT}
  FROM audit_leaves l LEFT JOIN audit_events e ON e.id = l.event_id
  WHERE l.idx >= :from ORDER BY l.idx LIMIT :limit + 0`;

export const LAST_CHECKPOINT =
  'SELECT size, root, at, jws FROM audit_checkpoints ORDER BY size DESC LIMIT 1';

/** `from` is a tree size. */
export const LIST_CHECKPOINTS = `
  SELECT size, root, at, jws FROM audit_checkpoints
  WHERE size >= :from ORDER BY size LIMIT :limit + 0`;
