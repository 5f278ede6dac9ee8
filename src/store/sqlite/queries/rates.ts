/** What was booked against limits; table rates by its primary key. */

/** keys (JSON) */
export const LOAD_RATES = `
  SELECT key, version, state FROM rates WHERE key IN (SELECT value FROM json_each(?))`;

/** key, seen */
export const RATE_IS_AT = `
  SELECT coalesce((SELECT version FROM rates WHERE key = ?), 0) = ? AS same`;

/** key, version, state, expires at */
export const WRITE_RATE = `
  INSERT INTO rates (key, version, state, expires_at) VALUES (?, ?, ?, ?)
  ON CONFLICT (key) DO UPDATE SET
    version = excluded.version, state = excluded.state, expires_at = excluded.expires_at`;
