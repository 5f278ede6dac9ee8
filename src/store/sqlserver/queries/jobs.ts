import {
  BY_KEY,
  ID,
  JOB_KEY,
  JSON_TEXT,
  KIND,
  SMALL,
  WHOLE,
  counted,
  query,
  rowsOf,
  textsOf,
  transaction,
} from '../query.ts';
import { RECORDED, changeAndRecord } from './audit.ts';

/**
 * Jobs. A job may be leased from `due_at` on (index jobs_by_due). Statements name every priority
 * (0, 1), so that the index returns due jobs in order.
 */

const JOBS = rowsOf('@jobs', {
  key: JOB_KEY,
  kind: KIND,
  about_type: KIND,
  about_id: ID,
  priority: SMALL,
  run_at: WHOLE,
  moves: KIND,
  body: JSON_TEXT,
});

/** Part of a commit. For a leased job sets `again_at`, the next run. Revives a parked job. */
export const UPSERT_JOBS = `
  UPDATE j SET
    run_at = CASE
      WHEN j.lease_until IS NOT NULL THEN j.run_at
      WHEN j.due_at IS NULL OR n.moves = N'replace' OR n.run_at < j.run_at THEN n.run_at
      ELSE j.run_at END,
    due_at = CASE
      WHEN j.lease_until IS NOT NULL THEN j.due_at
      WHEN j.due_at IS NULL OR n.moves = N'replace' OR n.run_at < j.due_at THEN n.run_at
      ELSE j.due_at END,
    again_at = CASE
      WHEN j.lease_until IS NULL THEN NULL
      WHEN j.again_at IS NULL OR n.moves = N'replace' OR n.run_at < j.again_at THEN n.run_at
      ELSE j.again_at END,
    attempts = CASE WHEN j.due_at IS NULL THEN 0 ELSE j.attempts END,
    error = CASE WHEN j.due_at IS NULL THEN NULL ELSE j.error END,
    parked = NULL
  FROM dbo.jobs j JOIN ${JOBS} n ON j.[key] = n.[key] ${BY_KEY};
  INSERT INTO dbo.jobs
    ([key], kind, about_type, about_id, priority, run_at, due_at, fence, attempts, body)
  SELECT n.[key], n.kind, n.about_type, n.about_id, n.priority, n.run_at, n.run_at, 0, 0, n.body
  FROM ${JOBS} n
  WHERE NOT EXISTS (SELECT 1 FROM dbo.jobs j WHERE j.[key] = n.[key]);`;

export const DROP_JOBS = `
  DELETE FROM dbo.jobs WHERE [key] IN (SELECT n.text FROM ${textsOf('@dropJobs', JOB_KEY)} n);`;

/**
 * Part of a commit. Sets @acked if the job is under this lease. The job stays leased, or is deleted,
 * or becomes due if it was inserted again meanwhile.
 */
export const END_JOB = `
  IF @ackDone = 0
  BEGIN
    UPDATE dbo.jobs SET lease_until = lease_until
    WHERE [key] = @ackKey AND fence = @ackFence AND lease_until IS NOT NULL;
    SET @acked = @@ROWCOUNT;
  END
  ELSE
  BEGIN
    DELETE FROM dbo.jobs
    WHERE [key] = @ackKey AND fence = @ackFence AND lease_until IS NOT NULL AND again_at IS NULL;
    SET @acked = @@ROWCOUNT;
    IF @acked = 0
    BEGIN
      UPDATE dbo.jobs
      SET lease_until = NULL, run_at = again_at, due_at = again_at, again_at = NULL, attempts = 0,
        error = NULL
      WHERE [key] = @ackKey AND fence = @ackFence AND lease_until IS NOT NULL;
      SET @acked = @@ROWCOUNT;
    END;
  END;`;

/** In one transaction, so that no insertion comes in between. */
export const FINISH_JOB = query(
  { ackKey: JOB_KEY, ackFence: WHOLE, ackDone: SMALL },
  `DECLARE @acked int;
  ${transaction(END_JOB)}
  SELECT @acked AS changed`,
);

const UNMET = '(UPDLOCK, READPAST, ROWLOCK, READCOMMITTEDLOCK)';

/**
 * Leases due jobs. The conditions alone make it correct: of two leases that choose one job, the second
 * finds it no longer due. The hints avoid lock waits: skip rows that others lock (READPAST), take
 * update locks at once (UPDLOCK), lock rows only (ROWLOCK). Under row versioning READPAST requires
 * READCOMMITTEDLOCK. learn.microsoft.com/sql/t-sql/queries/hints-transact-sql-table
 */
export const LEASE_JOBS = query(
  { now: WHOLE, leaseUntil: WHOLE, limit: SMALL },
  `
  SET NOCOUNT ON; SET XACT_ABORT ON;
  DECLARE @drawn TABLE (value bigint);
  DECLARE @taken TABLE (
    [key] nvarchar(200), kind nvarchar(20), about_type nvarchar(20), about_id nvarchar(100),
    priority int, run_at bigint, fence bigint, attempts int, body nvarchar(max)
  );
  IF EXISTS (SELECT 1 FROM dbo.jobs WHERE priority IN (0, 1) AND due_at <= @now)
  BEGIN
    UPDATE dbo.counters SET value = value + 1 OUTPUT inserted.value INTO @drawn
    WHERE name = N'fence';
    UPDATE dbo.jobs WITH ${UNMET}
    SET fence = (SELECT value FROM @drawn), attempts = attempts + 1,
      lease_until = @leaseUntil, due_at = @leaseUntil, again_at = NULL
    OUTPUT inserted.[key], inserted.kind, inserted.about_type, inserted.about_id,
      inserted.priority, inserted.run_at, inserted.fence, inserted.attempts, inserted.body
    INTO @taken
    WHERE due_at <= @now AND [key] IN (
      SELECT TOP (@limit) [key] FROM dbo.jobs WITH ${UNMET}
      WHERE priority IN (0, 1) AND due_at <= @now ORDER BY priority, due_at, [key]
    );
  END;
  SELECT [key], kind, about_type AS aboutType, about_id AS aboutId, priority, run_at AS runAt,
    fence, attempts, body
  FROM @taken`,
);

const HELD = rowsOf('@jobs', { key: JOB_KEY, fence: WHOLE });

export const RENEW_JOBS = query(
  { jobs: JSON_TEXT, leaseUntil: WHOLE },
  `
  SET NOCOUNT ON;
  DECLARE @kept TABLE ([key] nvarchar(200));
  UPDATE j SET lease_until = @leaseUntil, due_at = @leaseUntil
  OUTPUT inserted.[key] INTO @kept
  FROM dbo.jobs j JOIN ${HELD} n ON j.[key] = n.[key]
  WHERE j.fence = n.fence AND j.lease_until IS NOT NULL
  ${BY_KEY};
  SELECT [key] FROM @kept`,
);

/** The earlier of two times; either may be NULL. */
const NEXT_RUN = 'CASE WHEN again_at < @runAt THEN again_at ELSE COALESCE(@runAt, again_at) END';

/** Without an error the job did not run: `run_at` stays. Without a next run it is parked. */
export const RELEASE_JOB = counted(
  { key: JOB_KEY, fence: WHOLE, runAt: WHOLE, error: 'nvarchar(2000)', parked: KIND },
  `UPDATE dbo.jobs
  SET lease_until = NULL, due_at = ${NEXT_RUN}, again_at = NULL,
    run_at = CASE WHEN @error IS NULL THEN run_at ELSE COALESCE(${NEXT_RUN}, run_at) END,
    attempts = CASE WHEN @error IS NULL THEN attempts - 1 ELSE attempts END,
    error = COALESCE(@error, error),
    parked = CASE WHEN @runAt IS NULL AND again_at IS NULL THEN @parked END
  WHERE [key] = @key AND fence = @fence AND lease_until IS NOT NULL`,
);

export const NEXT_JOB_AT = query(
  {},
  `
  SELECT MIN(j.[at]) AS [at] FROM (
    SELECT MIN(due_at) AS [at] FROM dbo.jobs WHERE priority = 0 AND due_at IS NOT NULL
    UNION ALL SELECT MIN(due_at) FROM dbo.jobs WHERE priority = 1 AND due_at IS NOT NULL
  ) j WHERE j.[at] IS NOT NULL`,
);

export const COUNT_JOBS = query(
  {},
  `
  SELECT COUNT_BIG(due_at) AS waiting, COUNT_BIG(CASE WHEN parked = N'dead' THEN 1 END) AS dead,
    COUNT_BIG(CASE WHEN parked = N'undeliverable' THEN 1 END) AS undeliverable
  FROM dbo.jobs`,
);

/**
 * Makes card jobs due that Teams refused so far, in these channels (by name) or this conversation.
 * Reads all jobs: the news of an installation is rare.
 */
export const WAKE_CARDS = counted(
  { channels: JSON_TEXT, conversationId: 'nvarchar(1000)', now: WHOLE },
  `UPDATE j SET
    run_at = CASE WHEN j.lease_until IS NULL THEN @now ELSE j.run_at END,
    due_at = CASE WHEN j.lease_until IS NULL THEN @now ELSE j.due_at END,
    again_at = CASE WHEN j.lease_until IS NULL THEN NULL ELSE @now END,
    attempts = CASE WHEN j.lease_until IS NULL THEN 0 ELSE j.attempts END,
    parked = NULL
  FROM dbo.jobs j
  WHERE j.kind = N'card' AND j.error IS NOT NULL AND EXISTS (
    SELECT 1 FROM dbo.cards c WHERE c.id = SUBSTRING(j.[key], 6, 200) AND (
      c.channel IN (SELECT n.text FROM ${textsOf('@channels', 'nvarchar(200)')} n)
      OR c.conversation_id = @conversationId
    )
  )`,
);

const JOB = `
  j.[key], j.kind, j.about_type AS aboutType, j.about_id AS aboutId, j.due_at AS dueAt, j.attempts,
  j.error, CASE
    WHEN j.due_at IS NULL THEN COALESCE(j.parked, N'dead')
    WHEN j.lease_until IS NOT NULL THEN N'running'
    WHEN j.error IS NOT NULL THEN N'failing'
    ELSE N'waiting' END AS state,
  r.number
  FROM dbo.jobs j LEFT JOIN dbo.requests r ON j.about_type = N'request' AND r.id = j.about_id`;

export const LIST_JOBS = query(
  { after: JOB_KEY, states: JSON_TEXT, limit: SMALL },
  `
  SELECT TOP (@limit) v.* FROM (SELECT ${JOB} WHERE j.[key] > @after) v
  WHERE v.state IN (SELECT s.text FROM ${textsOf('@states', KIND)} s) ORDER BY v.[key]`,
);

export const LIST_PARKED_JOBS = query(
  { after: JOB_KEY, states: JSON_TEXT, limit: SMALL },
  `
  SELECT TOP (@limit) ${JOB}
  WHERE j.priority IN (0, 1) AND j.due_at IS NULL AND j.[key] > @after
    AND j.parked IN (SELECT s.text FROM ${textsOf('@states', KIND)} s)
  ORDER BY j.[key]`,
);

export const FIND_JOB = query({ key: JOB_KEY }, `SELECT ${JOB} WHERE j.[key] = @key`);

export const RETRY_JOB = query(
  { ...RECORDED, key: JOB_KEY, now: WHOLE },
  changeAndRecord(`
    UPDATE dbo.jobs SET run_at = @now, due_at = @now, attempts = 0, error = NULL, parked = NULL
    WHERE [key] = @key AND lease_until IS NULL AND (due_at IS NULL OR error IS NOT NULL)`),
);

export const DROP_PARKED_JOB = query(
  { ...RECORDED, key: JOB_KEY },
  changeAndRecord('DELETE FROM dbo.jobs WHERE [key] = @key AND due_at IS NULL'),
);
