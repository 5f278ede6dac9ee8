/** Leases by name. */

export const FIND_LEASE = `
  SELECT holder, lease_until AS until, note FROM leases WHERE name = :name`;

/** A null note keeps the stored one. */
export const PUT_LEASE = `
  INSERT INTO leases (name, holder, lease_until, note) VALUES (:name, :holder, :until, :note)
  ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, lease_until = excluded.lease_until,
    note = coalesce(excluded.note, note)`;

export const DELETE_LEASE = 'DELETE FROM leases WHERE name = :name AND holder = :holder';

export const LEAVE_LEASE = `
  UPDATE leases SET holder = NULL, lease_until = :now, note = :note
  WHERE name = :name AND holder = :holder`;

/** Counts leases with names from `first` (inclusive) to `below` (exclusive). */
export const COUNT_LEASES = `
  SELECT count(*) AS held FROM leases
  WHERE name >= :first AND name < :below AND holder IS NOT NULL AND lease_until > :now`;
