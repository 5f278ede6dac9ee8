import {
  ID,
  JOB_KEY,
  JSON_TEXT,
  KIND,
  PRINCIPAL_KEY,
  SMALL,
  WHOLE,
  query,
  step,
  transaction,
} from '../query.ts';
import { INSERT_EVENTS } from './audit.ts';
import { CHECK_CARDS, UPSERT_CARDS, UPSERT_CONVERSATIONS } from './cards.ts';
import { FIND_FIRST, INSERT_CHANGE, INSERT_ONCE_KEYS } from './changes.ts';
import { DROP_JOBS, END_JOB, UPSERT_JOBS } from './jobs.ts';
import { UPSERT_PEOPLE } from './people.ts';
import { PUT_READERS } from './readers.ts';
import {
  CHECK_DECIDED,
  CHECK_VERSION,
  FIND_DECISION,
  FIND_NUMBER,
  INSERT_DECISION,
  INSERT_REQUEST,
  UPDATE_REQUEST,
} from './requests.ts';

const unlessChanged = (outcome: string) => `
    IF @@ROWCOUNT = 0 SET @outcome = N'${outcome}';`;

const STEPS = [
  INSERT_CHANGE,
  unlessChanged('change'),
  step(
    `${INSERT_ONCE_KEYS}
      IF @@ROWCOUNT < @onceKeyCount SET @outcome = N'once-key';`,
    '@onceKeys IS NOT NULL',
  ),
  step(
    `${END_JOB}
      IF @acked = 0 SET @outcome = N'conflict';`,
    '@ackKey IS NOT NULL',
  ),
  step(INSERT_REQUEST, `@write = N'insert'`),
  step(UPDATE_REQUEST + unlessChanged('conflict'), `@write = N'update'`),
  step(CHECK_VERSION + unlessChanged('conflict'), `@write = N'check'`),
  step(CHECK_DECIDED, '@decisionId IS NOT NULL'),
  step(INSERT_DECISION + unlessChanged('decision'), '@decisionId IS NOT NULL'),
  step(PUT_READERS, '@readers IS NOT NULL'),
  step(INSERT_EVENTS, '@events IS NOT NULL'),
  step(DROP_JOBS, '@dropJobs IS NOT NULL'),
  step(UPSERT_JOBS, '@jobs IS NOT NULL'),
  step(CHECK_CARDS, '@cards IS NOT NULL'),
  step(UPSERT_CARDS, '@cards IS NOT NULL'),
  step(UPSERT_CONVERSATIONS, '@conversations IS NOT NULL'),
  step(UPSERT_PEOPLE, '@people IS NOT NULL'),
  step(FIND_NUMBER, '@write IS NOT NULL'),
].join('');

/**
 * A whole change in one batch. The text is constant, so the server caches one plan. Steps have the
 * order of the port: known change, once-keys, fence of the job, guard, decision. The first failed step
 * is the outcome and rolls back.
 *
 * Outcome: `committed`, `conflict`, `decision`, `known` (the id of the request exists), `orphan` (the
 * request is missing), `change`, `once-key` or `race` (a duplicate key of a concurrent commit). `of` is
 * the earlier one. A race without `of` is about another row: the commit is sent again.
 */
export const COMMIT = query(
  {
    id: ID,
    attempt: 'nvarchar(40)',
    requestId: ID,
    at: WHOLE,
    onceKeys: JSON_TEXT,
    onceKeyCount: SMALL,
    ackKey: JOB_KEY,
    ackFence: WHOLE,
    ackDone: SMALL,
    write: KIND,
    seenVersion: WHOLE,
    version: WHOLE,
    state: KIND,
    workflow: 'nvarchar(200)',
    requesterKey: PRINCIPAL_KEY,
    asked: JSON_TEXT,
    progress: JSON_TEXT,
    decisionId: ID,
    decided: ID,
    stage: 'nvarchar(64)',
    approverKey: PRINCIPAL_KEY,
    nth: SMALL,
    decidedAt: WHOLE,
    decidedVersion: WHOLE,
    decision: JSON_TEXT,
    readers: JSON_TEXT,
    events: JSON_TEXT,
    dropJobs: JSON_TEXT,
    personKeys: JSON_TEXT,
    jobs: JSON_TEXT,
    cards: JSON_TEXT,
    conversations: JSON_TEXT,
    people: JSON_TEXT,
    roles: JSON_TEXT,
  },
  `
  DECLARE @outcome nvarchar(20), @of nvarchar(20), @firstRequest nvarchar(100),
    @firstPrint nvarchar(200), @firstAttempt nvarchar(40), @number bigint, @acked int;
  SET @number = 0;
  ${transaction(STEPS, { done: 'committed', onDuplicate: `SET @outcome = N'race';` })}
  IF @outcome IN (N'change', N'once-key', N'race')
  BEGIN
    ${FIND_FIRST}
    IF @outcome = N'race' AND @decisionId IS NOT NULL
    BEGIN
      ${FIND_DECISION}
    END;
    IF @of = N'change' AND @write IS NOT NULL
    BEGIN
      ${FIND_NUMBER}
    END;
  END;
  SELECT @outcome AS outcome, @of AS ofKind, @firstRequest AS requestId,
    @firstPrint AS fingerprint, @firstAttempt AS attempt, @number AS number`,
);
