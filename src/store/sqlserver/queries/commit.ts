import {
  ID,
  JOB_KEY,
  JSON_TEXT,
  KIND,
  PRINCIPAL_KEY,
  SMALL,
  WHOLE,
  query,
  text,
} from '../query.ts';
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

/** Runs a step while nothing was found that ends the commit. */
const step = (condition: string, sql: string) => `
    IF @outcome IS NULL AND ${condition}
    BEGIN
      ${sql}
    END;`;

const unlessChanged = (outcome: string) => `IF @@ROWCOUNT = 0 SET @outcome = N'${outcome}';`;

const PARAMETERS = {
  id: ID,
  attempt: text(40),
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
  workflow: text(200),
  requesterKey: PRINCIPAL_KEY,
  asked: JSON_TEXT,
  progress: JSON_TEXT,
  decisionId: ID,
  decided: ID,
  stage: text(64),
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
 * A whole change in one batch, always the same text, so that there is one plan of it. Steps come in
 * the order of the port's answers: a known change, once-keys, the job's fence, the guard, the
 * decision; the first that fails is the outcome, and nothing stays.
 *
 * Outcome: `committed`, `conflict`, `decision`, `known` (the request's id), `orphan` (of no
 * request), and with `of` saying who was first `change`, `once-key`, or `race`: two commits wrote one
 * key at the same moment. A race without `of` was about a row that both would have made or changed:
 * to be sent again.
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
