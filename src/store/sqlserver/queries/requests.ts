import { ID, JSON_TEXT, KIND, PRINCIPAL_KEY, SMALL, WHOLE, query, textsOf } from '../query.ts';
import { CARD } from './cards.ts';

/** Requests and decisions. The plain strings are parts of a commit. */

/**
 * Reads only decisions up to the version of the request: without a snapshot, the statement could also
 * see a decision of a later commit.
 */
export const REQUEST = `
  r.number, r.id, r.state, r.asked, r.progress, (
    SELECT STRING_AGG(d.body, N',') FROM dbo.decisions d
    WHERE d.request_id = r.id AND d.version <= r.version
  ) AS decisions`;

const WORKFLOW = 'nvarchar(200)';

/** Unique key requests_by_id, then primary key decisions_pk */
export const LOAD_REQUEST = query(
  { id: ID },
  `SELECT ${REQUEST} FROM dbo.requests r WHERE r.id = @id`,
);

/** With its cards, by index cards_by_request */
export const LOAD_WITH_CARDS = query(
  { id: ID },
  `
  SELECT ${REQUEST}, (
    SELECT ${CARD} FROM dbo.cards WHERE request_id = r.id
    ORDER BY id FOR JSON PATH, INCLUDE_NULL_VALUES
  ) AS cards
  FROM dbo.requests r WHERE r.id = @id`,
);

/** Primary key requests_pk */
export const FIND_REQUEST = query(
  { number: WHOLE },
  `SELECT ${REQUEST} FROM dbo.requests r WHERE r.number = @number`,
);

/** Primary key requests_pk, backwards */
export const LIST_REQUESTS = query(
  { before: WHOLE, limit: SMALL },
  `
  SELECT TOP (@limit) ${REQUEST} FROM dbo.requests r
  WHERE r.number < @before ORDER BY r.number DESC`,
);

const STATES = textsOf('@states', KIND);

/**
 * The newest numbers of each state by index, then the newest of all states. Reads at most states ×
 * limit index entries.
 */
const newestOfStates = (where: string) => `
  SELECT ${REQUEST} FROM dbo.requests r
  WHERE r.number IN (
    SELECT TOP (@limit) x.number
    FROM ${STATES} s
    CROSS APPLY (
      SELECT TOP (@limit) i.number FROM dbo.requests i
      WHERE ${where} AND i.number < @before ORDER BY i.number DESC
    ) x
    ORDER BY x.number DESC
  )
  ORDER BY r.number DESC`;

const PAGE = { states: JSON_TEXT, before: WHOLE, limit: SMALL };

/** Index requests_by_state */
export const LIST_BY_STATE = query(PAGE, newestOfStates(`i.state = s.text`));

/** Index requests_by_workflow */
export const LIST_BY_WORKFLOW = query(
  { ...PAGE, workflow: WORKFLOW },
  newestOfStates(`i.workflow = @workflow AND i.state = s.text`),
);

/** Index requests_by_requester */
export const LIST_BY_REQUESTER = query(
  { ...PAGE, requester: PRINCIPAL_KEY },
  newestOfStates(`i.requester_key = @requester AND i.state = s.text`),
);

/** Index requests_by_requester */
export const LIST_BY_REQUESTER_AND_WORKFLOW = query(
  { ...PAGE, requester: PRINCIPAL_KEY, workflow: WORKFLOW },
  newestOfStates(`i.requester_key = @requester AND i.state = s.text
        AND i.workflow = @workflow`),
);

/** Checks for the id first: a failed insert would waste a number. */
export const INSERT_REQUEST = `
  IF EXISTS (SELECT 1 FROM dbo.requests WHERE id = @requestId) SET @outcome = N'known';
  ELSE
    INSERT INTO dbo.requests (id, version, state, workflow, requester_key, asked, progress)
    VALUES (@requestId, @version, @state, @workflow, @requesterKey, @asked, @progress);`;

/** No row: another commit was first. */
export const UPDATE_REQUEST = `
  UPDATE dbo.requests SET version = @version, state = @state, progress = @progress
  WHERE id = @requestId AND version = @seenVersion;`;

/** Changes nothing, but locks the row against other versions until the commit ends. */
export const CHECK_VERSION = `
  UPDATE dbo.requests SET version = version WHERE id = @requestId AND version = @seenVersion;`;

export const FIND_NUMBER = `
  SELECT @number = r.number FROM dbo.requests r WHERE r.id = @requestId;`;

/** Rejects a decision on a missing request; requests are never deleted. */
export const CHECK_DECIDED = `
  IF NOT EXISTS (SELECT 1 FROM dbo.requests WHERE id = @decided) SET @outcome = N'orphan';`;

/** No row: this word exists. */
export const INSERT_DECISION = `
  INSERT INTO dbo.decisions (id, request_id, stage, approver_key, nth, [at], version, body)
  SELECT @decisionId, @decided, @stage, @approverKey, @nth, @decidedAt, @decidedVersion, @decision
  WHERE NOT EXISTS (
    SELECT 1 FROM dbo.decisions
    WHERE request_id = @decided AND stage = @stage AND approver_key = @approverKey AND nth = @nth
  );`;

export const FIND_DECISION = `
  IF @of IS NULL AND EXISTS (
    SELECT 1 FROM dbo.decisions
    WHERE request_id = @decided AND stage = @stage AND approver_key = @approverKey AND nth = @nth
  ) SET @of = N'decision';`;
