import { SMALL, WHOLE, counted, query } from '../query.ts';

/** Clock, write check, and purges of the oldest rows. */

export const NOW = query(
  {},
  `SELECT DATEDIFF_BIG(millisecond, CAST('1970-01-01' AS datetime2), SYSUTCDATETIME()) AS now`,
);

/** Fails if the database or the login cannot write. */
export const CHECK = query(
  { now: WHOLE },
  `
  SET NOCOUNT ON;
  UPDATE dbo.counters SET value = @now WHERE name = N'checked_at';
  SELECT value FROM dbo.counters WHERE name = N'checked_at'`,
);

const purge = (statement: string) => counted({ until: WHOLE, limit: SMALL }, statement);

/** Index once_keys_by_expiry */
export const PURGE_ONCE_KEYS = purge(`
  DELETE c FROM dbo.once_keys c JOIN (
    SELECT TOP (@limit) kind, [key] FROM dbo.once_keys
    WHERE expires_at <= @until ORDER BY expires_at
  ) o ON o.kind = c.kind AND o.[key] = c.[key]`);

/** Index changes_by_time */
export const PURGE_CHANGES = purge(`
  DELETE FROM dbo.changes WHERE id IN (
    SELECT TOP (@limit) id FROM dbo.changes WHERE [at] <= @until ORDER BY [at])`);

/** Index leases_by_end */
export const PURGE_LEASES = purge(`
  DELETE FROM dbo.leases WHERE name IN (
    SELECT TOP (@limit) name FROM dbo.leases WHERE lease_until <= @until ORDER BY lease_until)`);

/** Index jobs_by_due: parked jobs have no due time. */
export const PURGE_UNDELIVERABLE = purge(`
  DELETE FROM dbo.jobs WHERE [key] IN (
    SELECT TOP (@limit) [key] FROM dbo.jobs
    WHERE priority IN (0, 1) AND due_at IS NULL AND parked = N'undeliverable'
      AND run_at <= @until)`);

/** Index sessions_by_end */
export const PURGE_SESSIONS = purge(`
  DELETE FROM dbo.sessions WHERE id IN (
    SELECT TOP (@limit) id FROM dbo.sessions WHERE ends_at <= @until ORDER BY ends_at)`);

/** Index sign_in_links_by_expiry */
export const PURGE_LINKS = purge(`
  DELETE FROM dbo.sign_in_links WHERE id IN (
    SELECT TOP (@limit) id FROM dbo.sign_in_links
    WHERE expires_at <= @until ORDER BY expires_at)`);
