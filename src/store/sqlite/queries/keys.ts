/** Keys of our own, and leases. */

export const LIST_KEYS = `
  SELECT id, purpose, sealed, created_at AS createdAt FROM keys WHERE purpose = ? ORDER BY ordinal`;

/** purpose, id, sealed, created at; purpose. Nothing where the purpose has a key. */
export const INSERT_FIRST_KEY = `
  INSERT INTO keys (purpose, ordinal, id, sealed, created_at)
  SELECT ?, 1, ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM keys WHERE purpose = ?)`;

/** purpose, id, sealed, created at; purpose */
export const INSERT_KEY = `
  INSERT INTO keys (purpose, ordinal, id, sealed, created_at)
  SELECT ?, coalesce(max(ordinal), 0) + 1, ?, ?, ? FROM keys WHERE purpose = ?`;

/** name, holder, lease until; now. No row: another holder's lease has not run out. */
export const TAKE_LEASE = `
  INSERT INTO leases (name, holder, lease_until) VALUES (?, ?, ?)
  ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, lease_until = excluded.lease_until
  WHERE holder = excluded.holder OR lease_until <= ?
  RETURNING lease_until`;

export const RELEASE_LEASE = 'DELETE FROM leases WHERE name = ? AND holder = ?';
