/** Leases, by their names. */

/** name */
export const FIND_LEASE = `
  SELECT holder, lease_until AS until, note FROM leases WHERE name = ?`;

/** name, holder, lease until, note. A null note leaves the one that is there. */
export const PUT_LEASE = `
  INSERT INTO leases (name, holder, lease_until, note) VALUES (?, ?, ?, ?)
  ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, lease_until = excluded.lease_until,
    note = coalesce(excluded.note, note)`;

/** name, holder */
export const DELETE_LEASE = 'DELETE FROM leases WHERE name = ? AND holder = ?';

/** now, note; name, holder */
export const LEAVE_LEASE = `
  UPDATE leases SET holder = NULL, lease_until = ?, note = ? WHERE name = ? AND holder = ?`;

/** first name, below this name; now */
export const COUNT_LEASES = `
  SELECT count(*) AS held FROM leases
  WHERE name >= ? AND name < ? AND holder IS NOT NULL AND lease_until > ?`;
