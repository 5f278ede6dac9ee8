/** Requests and decisions, each read in one statement, so that both are of one version. */

const REQUEST = `
  r.number, r.id, r.state, r.asked, r.progress, (
    SELECT group_concat(d.body) FROM decisions d WHERE d.request_id = r.id
  ) AS decisions`;

export const LOAD_REQUEST = `SELECT ${REQUEST} FROM requests r WHERE r.id = :id`;

/** With its cards by id, as JSON. */
export const LOAD_WITH_CARDS = `
  SELECT ${REQUEST}, (
    SELECT json_group_array(json_object(
      'id', c.id, 'requestId', c.request_id, 'state', c.state, 'channel', c.channel,
      'conversationId', c.conversation_id, 'serviceUrl', c.service_url,
      'activityId', c.activity_id, 'postedRevision', c.posted_revision
    ) ORDER BY c.id)
    FROM cards c WHERE c.request_id = r.id
  ) AS cards
  FROM requests r WHERE r.id = :id`;

export const FIND_REQUEST = `SELECT ${REQUEST} FROM requests r WHERE r.number = :number`;

export const LIST_REQUESTS = `
  SELECT ${REQUEST} FROM requests r
  WHERE r.number < :before ORDER BY r.number DESC LIMIT :limit + 0`;

/**
 * The newest numbers of each state by index, then the newest of all states. Reads at most states ×
 * limit index entries, and the rows of the page only.
 */
const newestOfStates = (where: string) => `
  SELECT ${REQUEST} FROM requests r
  WHERE r.number IN (
    SELECT n.number
    FROM json_each(:states) s CROSS JOIN requests n ON n.number IN (
      SELECT i.number FROM requests i
      WHERE ${where} AND i.number < :before ORDER BY i.number DESC LIMIT :limit + 0
    )
    ORDER BY n.number DESC LIMIT :limit + 0
  )
  ORDER BY r.number DESC`;

/** Index requests_by_state */
export const LIST_BY_STATE = newestOfStates('i.state = s.value');

/** Index requests_by_workflow */
export const LIST_BY_WORKFLOW = newestOfStates('i.workflow = :workflow AND i.state = s.value');

/** Index requests_by_requester */
export const LIST_BY_REQUESTER = newestOfStates(
  'i.requester_key = :requester AND i.state = s.value',
);

/** Index requests_by_requester */
export const LIST_BY_REQUESTER_AND_WORKFLOW = newestOfStates(
  'i.requester_key = :requester AND +i.workflow = :workflow AND i.state = s.value',
);

/**
 * The newest numbers of each reader by index, then the newest of all readers. Reads only requests
 * that one of the readers may read.
 */
export const LIST_READABLE = `
  SELECT ${REQUEST} FROM requests r
  WHERE r.number IN (
    SELECT DISTINCT n.number
    FROM json_each(:readers) t CROSS JOIN json_each(:open) o CROSS JOIN requests n ON n.number IN (
      SELECT i.number FROM request_readers i CROSS JOIN requests q ON q.number = i.number
      WHERE i.reader = t.value AND i.is_open = o.value + 0 AND i.number < :before
        AND q.state IN (SELECT value FROM json_each(:states))
        AND (:workflow = '' OR q.workflow = :workflow)
        AND (:requester = '' OR q.requester_key = :requester)
      ORDER BY i.number DESC LIMIT :limit + 0
    )
    ORDER BY n.number DESC LIMIT :limit + 0
  )
  ORDER BY r.number DESC`;

/** The rowid is the number of the request. */
export const INSERT_REQUEST = `
  INSERT INTO requests (id, version, state, workflow, requester_key, asked, progress)
  VALUES (:id, :version, :state, :workflow, :requesterKey, :asked, :progress)`;

/** Runs after CHECK_VERSION in the same transaction. */
export const UPDATE_REQUEST = `
  UPDATE requests SET version = :version, state = :state, progress = :progress
  WHERE number = :number`;

/** No row: another commit was first. */
export const CHECK_VERSION = `
  SELECT number FROM requests WHERE id = :requestId AND version = :version`;

/** No row changed: this word exists. */
export const INSERT_DECISION = `
  INSERT INTO decisions (id, request_id, stage, approver_key, nth, at, body)
  VALUES (:id, :requestId, :stage, :approverKey, :nth, :at, :body)
  ON CONFLICT (request_id, stage, approver_key, nth) DO NOTHING`;

/** Whether a name stands as a value in a request's texts: in quotes, as JSON has it. */
const NAMED = `EXISTS (
    SELECT 1 FROM json_each(:names) n
    WHERE instr(r.asked, json_quote(n.value)) > 0 OR instr(r.progress, json_quote(n.value)) > 0
      OR EXISTS (
        SELECT 1 FROM decisions d
        WHERE d.request_id = r.id AND instr(d.body, json_quote(n.value)) > 0
      )
  )`;
const OF_STATES = 'r.state IN (SELECT value FROM json_each(:states))';

/** names, states (JSON), limit: for an erasure. */
export const FIND_NAMING = `
  SELECT ${REQUEST} FROM requests r WHERE ${OF_STATES} AND ${NAMED} ORDER BY r.number
  LIMIT :limit + 0`;

/** names, states (JSON) */
export const ANY_NAMING = `SELECT 1 FROM requests r WHERE ${OF_STATES} AND ${NAMED} LIMIT 1`;
