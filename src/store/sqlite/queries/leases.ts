/** Leases, by their names. */

export const FIND_LEASE = `
  SELECT holder, lease_until AS until, note FROM leases WHERE name = :name`;

/** A null note leaves the one that is there. */
export const PUT_LEASE = `
  INSERT INTO leases (name, holder, lease_until, note) VALUES (:name, :holder, :until, :note)
  ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, lease_until = excluded.lease_until,
    note = coalesce(excluded.note, note)`;

export const DELETE_LEASE = 'DELETE FROM leases WHERE name = :name AND holder = :holder';

export const LEAVE_LEASE = `
  UPDATE leases SET holder = NULL, lease_until = :now, note = :note
  WHERE name = :name AND holder = :holder`;

/** Those with names from `first` on, and before `below`. */
export const COUNT_LEASES = `
  SELECT count(*) AS held FROM leases
  WHERE name >= :first AND name < :below AND holder IS NOT NULL AND lease_until > :now`;
