import { BY_KEY, JOB_KEY, JSON_TEXT, SMALL, WHOLE, query, rowsOf, text } from '../query.ts';

/** Durable work. `due_at` alone decides who may take a job; index jobs_by_due serves it. */

const JOBS = rowsOf('@jobs', [
  ['[key]', '$.key', 'nvarchar(200)'],
  ['kind', '$.kind', 'nvarchar(20)'],
  ['request_id', '$.requestId', 'nvarchar(100)'],
  ['subject', '$.subject', 'nvarchar(200)'],
  ['run_at', '$.runAt', 'bigint'],
  ['wanted', '$.wanted', 'bigint'],
]);

/**
 * Parts of a commit. Held at this moment: only `wanted` rises, the holder's ack makes it ready
 * again. Dead: revived.
 */
export const UPSERT_JOBS = `
  UPDATE j SET
    wanted = CASE WHEN n.wanted > j.wanted THEN n.wanted ELSE j.wanted END,
    run_at = CASE
      WHEN j.lease_until > @at THEN j.run_at
      WHEN j.due_at IS NULL OR n.run_at < j.run_at THEN n.run_at
      ELSE j.run_at END,
    due_at = CASE
      WHEN j.lease_until > @at THEN j.due_at
      WHEN j.due_at IS NULL OR n.run_at < j.due_at THEN n.run_at
      ELSE j.due_at END,
    attempts = CASE WHEN j.due_at IS NULL THEN 0 ELSE j.attempts END,
    error = CASE WHEN j.due_at IS NULL THEN NULL ELSE j.error END
  FROM dbo.jobs j JOIN ${JOBS} n ON j.[key] = n.[key] ${BY_KEY};
  INSERT INTO dbo.jobs
    ([key], kind, request_id, subject, run_at, due_at, wanted, fence, attempts)
  SELECT n.[key], n.kind, n.request_id, n.subject, n.run_at, n.run_at, n.wanted, 0, 0
  FROM ${JOBS} n
  WHERE NOT EXISTS (SELECT 1 FROM dbo.jobs j WHERE j.[key] = n.[key]);`;

/** Gone where what was delivered is at least what is wanted. */
const FINISH = `
  DELETE FROM dbo.jobs
  WHERE [key] = @ackKey AND fence = @ackFence AND lease_until IS NOT NULL AND wanted <= @ackDone;`;

/** Delivered, but more was wanted meanwhile: ready at once. */
const REOPEN = `
  UPDATE dbo.jobs
  SET lease_until = NULL, run_at = @at, due_at = @at, attempts = 0, error = NULL
  WHERE [key] = @ackKey AND fence = @ackFence AND lease_until IS NOT NULL;`;

/** Part of a commit. Sets @acked where the job was under this lease; without @ackDone it stays so. */
export const END_JOB = `
  IF @ackDone IS NULL
  BEGIN
    UPDATE dbo.jobs SET lease_until = lease_until
    WHERE [key] = @ackKey AND fence = @ackFence AND lease_until IS NOT NULL;
    SET @acked = @@ROWCOUNT;
  END
  ELSE
  BEGIN
    ${FINISH}
    SET @acked = @@ROWCOUNT;
    IF @acked = 0
    BEGIN
      ${REOPEN}
      SET @acked = @@ROWCOUNT;
    END;
  END;`;

/** Both in one transaction: between them nobody may raise what is wanted. */
export const FINISH_JOB = query(
  { ackKey: JOB_KEY, ackFence: WHOLE, ackDone: WHOLE, at: WHOLE },
  `SET NOCOUNT ON; SET XACT_ABORT ON;
  DECLARE @acked int;
  BEGIN TRANSACTION;
  ${END_JOB}
  COMMIT TRANSACTION;
  SELECT @acked AS changed`,
);

const UNMET = '(UPDLOCK, READPAST, ROWLOCK, READCOMMITTEDLOCK)';

/**
 * Takes due jobs. Right by its conditions alone: of two who chose one job, the second finds that it
 * is not due any more. On SQL Server the hints keep leases from waiting for each other: each skips
 * the rows that another holds (READPAST), takes its own for update at once (UPDLOCK), row by row
 * (ROWLOCK), and does so under row versioning too (READCOMMITTEDLOCK, without which READPAST is
 * refused there). learn.microsoft.com/sql/t-sql/queries/hints-transact-sql-table
 */
export const LEASE_JOBS = query(
  { now: WHOLE, leaseUntil: WHOLE, limit: SMALL },
  `
  SET NOCOUNT ON; SET XACT_ABORT ON;
  DECLARE @drawn TABLE (value bigint);
  DECLARE @taken TABLE (
    [key] nvarchar(200), kind nvarchar(20), request_id nvarchar(100), subject nvarchar(200),
    run_at bigint, wanted bigint, fence bigint, attempts int
  );
  IF EXISTS (SELECT 1 FROM dbo.jobs WHERE due_at <= @now)
  BEGIN
    UPDATE dbo.counters SET value = value + 1 OUTPUT inserted.value INTO @drawn
    WHERE name = N'fence';
    UPDATE dbo.jobs WITH ${UNMET}
    SET fence = (SELECT value FROM @drawn), attempts = attempts + 1,
      lease_until = @leaseUntil, due_at = @leaseUntil
    OUTPUT inserted.[key], inserted.kind, inserted.request_id, inserted.subject,
      inserted.run_at, inserted.wanted, inserted.fence, inserted.attempts INTO @taken
    WHERE due_at <= @now AND [key] IN (
      SELECT TOP (@limit) [key] FROM dbo.jobs WITH ${UNMET}
      WHERE due_at <= @now ORDER BY due_at, [key]
    );
  END;
  SELECT [key], kind, request_id AS requestId, subject, run_at AS runAt, wanted, fence, attempts
  FROM @taken`,
);

const HELD = rowsOf('@jobs', [
  ['[key]', '$.key', 'nvarchar(200)'],
  ['fence', '$.fence', 'bigint'],
]);

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

/** @runAt NULL: parked as dead. */
export const FAIL_JOB = query(
  { key: JOB_KEY, fence: WHOLE, runAt: WHOLE, error: text(2_000) },
  `
  SET NOCOUNT ON;
  UPDATE dbo.jobs
  SET lease_until = NULL, run_at = COALESCE(@runAt, run_at), due_at = @runAt, error = @error
  WHERE [key] = @key AND fence = @fence AND lease_until IS NOT NULL;
  SELECT @@ROWCOUNT AS changed`,
);

/** This lease counts as no attempt. `run_at` stays: since when the job is due. */
export const POSTPONE_JOB = query(
  { key: JOB_KEY, fence: WHOLE, runAt: WHOLE },
  `
  SET NOCOUNT ON;
  UPDATE dbo.jobs
  SET lease_until = NULL, due_at = @runAt, attempts = attempts - 1
  WHERE [key] = @key AND fence = @fence AND lease_until IS NOT NULL;
  SELECT @@ROWCOUNT AS changed`,
);

export const NEXT_JOB_AT = query(
  {},
  `
  SELECT TOP (1) due_at AS [at] FROM dbo.jobs WHERE due_at IS NOT NULL ORDER BY due_at`,
);

export const COUNT_JOBS = query(
  {},
  `
  SELECT COUNT_BIG(due_at) AS waiting, COUNT_BIG(*) - COUNT_BIG(due_at) AS dead FROM dbo.jobs`,
);
