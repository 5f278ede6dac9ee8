/** Durable work. `due_at` alone decides who may take a job; index jobs_by_due serves it. */

/**
 * Held at this moment: only `wanted` rises, the holder's ack makes it ready again. Dead: revived.
 */
export const UPSERT_JOB = `
  INSERT INTO jobs (key, kind, request_id, subject, run_at, due_at, wanted)
  VALUES (:key, :kind, :requestId, :subject, :runAt, :runAt, :wanted)
  ON CONFLICT (key) DO UPDATE SET
    wanted = max(wanted, excluded.wanted),
    run_at = CASE
      WHEN lease_until > :at THEN run_at
      WHEN due_at IS NULL THEN excluded.run_at
      ELSE min(run_at, excluded.run_at) END,
    due_at = CASE
      WHEN lease_until > :at THEN due_at
      WHEN due_at IS NULL THEN excluded.run_at
      ELSE min(due_at, excluded.run_at) END,
    attempts = CASE WHEN due_at IS NULL THEN 0 ELSE attempts END,
    error = CASE WHEN due_at IS NULL THEN NULL ELSE error END`;

export const NEXT_FENCE = `UPDATE counters SET value = value + 1 WHERE name = 'fence' RETURNING value`;

/** fence, lease until, due at (the same); now, limit */
export const LEASE_JOBS = `
  UPDATE jobs SET fence = ?, attempts = attempts + 1, lease_until = ?, due_at = ?
  WHERE key IN (SELECT key FROM jobs WHERE due_at <= ? ORDER BY due_at, key LIMIT ? + 0)
  RETURNING key, kind, request_id AS requestId, subject, run_at AS runAt, wanted, fence, attempts`;

/** lease until, due at (the same); key, fence */
export const RENEW_JOB = `
  UPDATE jobs SET lease_until = ?, due_at = ?
  WHERE key = ? AND fence = ? AND lease_until IS NOT NULL`;

/** key, fence, done. Gone where what was delivered is at least what is wanted. */
export const FINISH_JOB = `
  DELETE FROM jobs
  WHERE key = ? AND fence = ? AND lease_until IS NOT NULL AND wanted <= ?`;

/** It stays in hand. */
export const HOLD_JOB = `
  UPDATE jobs SET lease_until = lease_until
  WHERE key = :key AND fence = :fence AND lease_until IS NOT NULL`;

/** now, now; key, fence. Delivered, but more was wanted meanwhile: ready at once. */
export const REOPEN_JOB = `
  UPDATE jobs SET lease_until = NULL, run_at = ?, due_at = ?, attempts = 0, error = NULL
  WHERE key = ? AND fence = ? AND lease_until IS NOT NULL`;

/** run at or null, run at or null, error; key, fence */
export const FAIL_JOB = `
  UPDATE jobs SET lease_until = NULL, run_at = coalesce(?, run_at), due_at = ?, error = ?
  WHERE key = ? AND fence = ? AND lease_until IS NOT NULL`;

/** due at; key, fence. `run_at` stays: since when the job is due. */
export const POSTPONE_JOB = `
  UPDATE jobs SET lease_until = NULL, due_at = ?, attempts = attempts - 1
  WHERE key = ? AND fence = ? AND lease_until IS NOT NULL`;

export const NEXT_JOB_AT = `
  SELECT due_at AS at FROM jobs WHERE due_at IS NOT NULL ORDER BY due_at LIMIT 1`;

/** now */
export const ANY_DUE = 'SELECT 1 AS due FROM jobs WHERE due_at <= ? LIMIT 1';

export const COUNT_JOBS = `
  SELECT count(due_at) AS waiting, count(*) - count(due_at) AS dead FROM jobs`;
