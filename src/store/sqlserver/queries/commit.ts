import { ID, JOB_KEY, JSON_TEXT, KIND, PRINCIPAL_KEY, SMALL, WHOLE, query } from '../query.ts';
import { INSERT_EVENTS } from './audit.ts';
import { CHECK_CARDS, UPSERT_CARDS, UPSERT_CONVERSATIONS } from './cards.ts';
import { FIND_FIRST, INSERT_CHANGE, INSERT_ONCE_KEYS } from './changes.ts';
import { DROP_JOBS, END_JOB, UPSERT_JOBS } from './jobs.ts';
import { UPSERT_PEOPLE } from './people.ts';
import {
  CHECK_DECIDED,
  CHECK_VERSION,
  FIND_DECISION,
  FIND_NUMBER,
  INSERT_DECISION,
  INSERT_REQUEST,
  UPDATE_REQUEST,
} from './requests.ts';

/** Runs a step unless an earlier step has ended the commit. */
const step = (condition: string, sql: string) => `
    IF @outcome IS NULL AND ${condition}
    BEGIN
      ${sql}
    END;`;

const unlessChanged = (outcome: string) => `IF @@ROWCOUNT = 0 SET @outcome = N'${outcome}';`;

const PARAMETERS = {
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
  events: JSON_TEXT,
  dropJobs: JSON_TEXT,
  personKeys: JSON_TEXT,
  jobs: JSON_TEXT,
  cards: JSON_TEXT,
  conversations: JSON_TEXT,
  people: JSON_TEXT,
  roles: JSON_TEXT,
} as const;

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
  PARAMETERS,
  `
  SET NOCOUNT ON; SET XACT_ABORT ON;
  DECLARE @outcome nvarchar(20), @of nvarchar(20), @firstRequest nvarchar(100),
    @firstPrint nvarchar(200), @firstAttempt nvarchar(40), @number bigint, @acked int;
  SET @number = 0;
  BEGIN TRY
    BEGIN TRANSACTION;
    ${INSERT_CHANGE}
    ${unlessChanged('change')}
    ${step(
      '@onceKeys IS NOT NULL',
      `${INSERT_ONCE_KEYS}
      IF @@ROWCOUNT < @onceKeyCount SET @outcome = N'once-key';`,
    )}
    ${step(
      '@ackKey IS NOT NULL',
      `${END_JOB}
      IF @acked = 0 SET @outcome = N'conflict';`,
    )}
    ${step(`@write = N'insert'`, INSERT_REQUEST)}
    ${step(
      `@write = N'update'`,
      `${UPDATE_REQUEST}
      ${unlessChanged('conflict')}`,
    )}
    ${step(
      `@write = N'check'`,
      `${CHECK_VERSION}
      ${unlessChanged('conflict')}`,
    )}
    ${step('@decisionId IS NOT NULL', CHECK_DECIDED)}
    ${step(
      '@decisionId IS NOT NULL',
      `${INSERT_DECISION}
      ${unlessChanged('decision')}`,
    )}
    ${step('@events IS NOT NULL', INSERT_EVENTS)}
    ${step('@dropJobs IS NOT NULL', DROP_JOBS)}
    ${step('@jobs IS NOT NULL', UPSERT_JOBS)}
    ${step('@cards IS NOT NULL', CHECK_CARDS)}
    ${step('@cards IS NOT NULL', UPSERT_CARDS)}
    ${step('@conversations IS NOT NULL', UPSERT_CONVERSATIONS)}
    ${step('@people IS NOT NULL', UPSERT_PEOPLE)}
    ${step('@write IS NOT NULL', FIND_NUMBER)}
    IF @outcome IS NULL
    BEGIN
      COMMIT TRANSACTION;
      SET @outcome = N'committed';
    END
    ELSE ROLLBACK TRANSACTION;
  END TRY
  BEGIN CATCH
    IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION;
    IF ERROR_NUMBER() NOT IN (2601, 2627) THROW;
    SET @outcome = N'race';
  END CATCH;
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
