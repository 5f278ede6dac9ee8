/**
 * Jobs. A job may be leased from `due_at` on (index jobs_by_due). Statements name every priority
 * (0, 1), so that the index returns due jobs in order.
 */

/** For a leased job sets `again_at`, the time of the next run. Revives a parked job. */
export const UPSERT_JOB = `
  INSERT INTO jobs (key, kind, about_type, about_id, priority, run_at, due_at, body)
  VALUES (:key, :kind, :aboutType, :aboutId, :priority, :runAt, :runAt, :body)
  ON CONFLICT (key) DO UPDATE SET
    run_at = CASE
      WHEN lease_until IS NOT NULL THEN run_at
      WHEN due_at IS NULL OR :when = 'replace' OR :runAt < run_at THEN :runAt
      ELSE run_at END,
    due_at = CASE
      WHEN lease_until IS NOT NULL THEN due_at
      WHEN due_at IS NULL OR :when = 'replace' OR :runAt < due_at THEN :runAt
      ELSE due_at END,
    again_at = CASE
      WHEN lease_until IS NULL THEN NULL
      WHEN again_at IS NULL OR :when = 'replace' OR :runAt < again_at THEN :runAt
      ELSE again_at END,
    attempts = CASE WHEN due_at IS NULL THEN 0 ELSE attempts END,
    error = CASE WHEN due_at IS NULL THEN NULL ELSE error END,
    parked = NULL`;

/** key */
export const DROP_JOB = 'DELETE FROM jobs WHERE key = :key';

export const NEXT_FENCE = `UPDATE counters SET value = value + 1 WHERE name = 'fence' RETURNING value`;

export const LEASE_JOBS = `
  UPDATE jobs SET fence = :fence, attempts = attempts + 1, lease_until = :leaseUntil,
    due_at = :leaseUntil, again_at = NULL
  WHERE key IN (
    SELECT key FROM jobs WHERE priority IN (0, 1) AND due_at <= :now
    ORDER BY priority, due_at, key LIMIT :limit + 0
  )
  RETURNING key, kind, about_type AS aboutType, about_id AS aboutId, priority, run_at AS runAt,
    fence, attempts, body`;

export const RENEW_JOB = `
  UPDATE jobs SET lease_until = :leaseUntil, due_at = :leaseUntil
  WHERE key = :key AND fence = :fence AND lease_until IS NOT NULL`;

/** Deletes the job unless it was inserted again meanwhile. */
export const FINISH_JOB = `
  DELETE FROM jobs
  WHERE key = :key AND fence = :fence AND lease_until IS NOT NULL AND again_at IS NULL`;

/** Changes nothing: checks the lease. */
export const HOLD_JOB = `
  UPDATE jobs SET lease_until = lease_until
  WHERE key = :key AND fence = :fence AND lease_until IS NOT NULL`;

/** Makes a job due that was inserted again meanwhile. */
export const REOPEN_JOB = `
  UPDATE jobs SET lease_until = NULL, run_at = again_at, due_at = again_at, again_at = NULL,
    attempts = 0, error = NULL
  WHERE key = :key AND fence = :fence AND lease_until IS NOT NULL`;

/** The earlier of two times; either may be NULL. */
const NEXT_RUN = 'CASE WHEN again_at < :runAt THEN again_at ELSE coalesce(:runAt, again_at) END';

/** Without an error the job did not run: `run_at` stays. Without a next run it is parked. */
export const RELEASE_JOB = `
  UPDATE jobs SET lease_until = NULL, due_at = ${NEXT_RUN}, again_at = NULL,
    run_at = CASE WHEN :error IS NULL THEN run_at ELSE coalesce(${NEXT_RUN}, run_at) END,
    attempts = attempts - (:error IS NULL), error = coalesce(:error, error),
    parked = CASE WHEN :runAt IS NULL AND again_at IS NULL THEN :parked END
  WHERE key = :key AND fence = :fence AND lease_until IS NOT NULL`;

export const NEXT_JOB_AT = `
  SELECT min(at) AS at FROM (
    SELECT min(due_at) AS at FROM jobs WHERE priority = 0 AND due_at IS NOT NULL
    UNION ALL SELECT min(due_at) FROM jobs WHERE priority = 1 AND due_at IS NOT NULL
  )`;

/** now */
export const ANY_DUE =
  'SELECT 1 AS due FROM jobs WHERE priority IN (0, 1) AND due_at <= :now LIMIT 1';

const countParked = (parked: string) =>
  `(SELECT count(*) FROM jobs WHERE priority IN (0, 1) AND due_at IS NULL AND parked = '${parked}')`;

export const COUNT_JOBS = `
  SELECT (SELECT count(due_at) FROM jobs) AS waiting, ${countParked('dead')} AS dead,
    ${countParked('undeliverable')} AS undeliverable`;

/**
 * Makes card jobs due that Teams refused so far, in these channels (a JSON list of names) or this
 * conversation. Reads all jobs: the news of an installation is rare.
 */
export const WAKE_CARDS = `
  UPDATE jobs SET
    run_at = CASE WHEN lease_until IS NULL THEN :now ELSE run_at END,
    due_at = CASE WHEN lease_until IS NULL THEN :now ELSE due_at END,
    again_at = CASE WHEN lease_until IS NULL THEN NULL ELSE :now END,
    attempts = CASE WHEN lease_until IS NULL THEN 0 ELSE attempts END,
    parked = NULL
  WHERE kind = 'card' AND error IS NOT NULL AND EXISTS (
    SELECT 1 FROM cards c WHERE c.id = substr(jobs.key, length('card:') + 1) AND (
      c.channel IN (SELECT value FROM json_each(:channels)) OR c.conversation_id = :conversationId
    )
  )`;

const JOB = `
  j.key, j.kind, j.about_type AS aboutType, j.about_id AS aboutId, j.due_at AS dueAt, j.attempts,
  j.error, CASE
    WHEN j.due_at IS NULL THEN coalesce(j.parked, 'dead')
    WHEN j.lease_until IS NOT NULL THEN 'running'
    WHEN j.error IS NOT NULL THEN 'failing'
    ELSE 'waiting' END AS state,
  r.number
  FROM jobs j LEFT JOIN requests r ON j.about_type = 'request' AND r.id = j.about_id`;

/** after, states, limit */
export const LIST_JOBS = `
  SELECT * FROM (SELECT ${JOB} WHERE j.key > :after)
  WHERE state IN (SELECT value FROM json_each(:states)) ORDER BY key LIMIT :limit + 0`;

/** after, states, limit */
export const LIST_PARKED_JOBS = `
  SELECT ${JOB} WHERE j.priority IN (0, 1) AND j.due_at IS NULL AND j.key > :after
    AND j.parked IN (SELECT value FROM json_each(:states))
  ORDER BY j.key LIMIT :limit + 0`;

/** key */
export const FIND_JOB = `SELECT ${JOB} WHERE j.key = :key`;

/** key, now */
export const RETRY_JOB = `
  UPDATE jobs SET run_at = :now, due_at = :now, attempts = 0, error = NULL, parked = NULL
  WHERE key = :key AND lease_until IS NULL AND (due_at IS NULL OR error IS NOT NULL)`;

/** key */
export const DROP_PARKED_JOB = 'DELETE FROM jobs WHERE key = :key AND due_at IS NULL';
