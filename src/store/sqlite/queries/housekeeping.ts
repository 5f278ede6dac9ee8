/** Clock, write check, and purges of the oldest rows. */

export const NOW = `SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER) AS now`;

export const WRITE_CHECK = `UPDATE counters SET value = :now WHERE name = 'checked_at'`;

export const READ_CHECK = `SELECT value FROM counters WHERE name = 'checked_at'`;

export const PURGE_ONCE_KEYS = `
  DELETE FROM once_keys WHERE rowid IN (
    SELECT rowid FROM once_keys WHERE expires_at <= :until ORDER BY expires_at LIMIT :limit + 0)`;

/** Change ids start with their time, so the primary key finds the oldest ones. */
export const PURGE_CHANGES = `
  DELETE FROM changes WHERE id IN (
    SELECT id FROM changes WHERE id > '' ORDER BY id LIMIT :limit + 0) AND at <= :until`;

export const PURGE_LEASES = `
  DELETE FROM leases WHERE name IN (
    SELECT name FROM leases WHERE lease_until <= :until ORDER BY lease_until LIMIT :limit + 0)`;

/** Index jobs_by_due: parked jobs have no due time. */
export const PURGE_UNDELIVERABLE = `
  DELETE FROM jobs WHERE key IN (
    SELECT key FROM jobs
    WHERE priority IN (0, 1) AND due_at IS NULL AND parked = 'undeliverable' AND run_at <= :until
    LIMIT :limit + 0)`;

export const PURGE_SESSIONS = `
  DELETE FROM sessions WHERE id IN (
    SELECT id FROM sessions WHERE ends_at <= :until ORDER BY ends_at LIMIT :limit + 0)`;

export const PURGE_LINKS = `
  DELETE FROM sign_in_links WHERE id IN (
    SELECT id FROM sign_in_links WHERE expires_at <= :until ORDER BY expires_at LIMIT :limit + 0)`;
