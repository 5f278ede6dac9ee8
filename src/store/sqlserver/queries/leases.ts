import { ID, JSON_TEXT, WHOLE, query } from '../query.ts';

/** Leases, by leases_pk. */

const HOLDER = 'nvarchar(200)';

/**
 * Returns the row before, and whether it changed. Compare and set: changes the row only if it is as
 * read, so of two concurrent calls one changes nothing.
 */
export const TAKE_LEASE = query(
  { name: ID, holder: HOLDER, leaseUntil: WHOLE, now: WHOLE, note: JSON_TEXT },
  `
  SET NOCOUNT ON;
  DECLARE @changed int;
  DECLARE @was int = 0;
  DECLARE @wasHolder nvarchar(200);
  DECLARE @wasUntil bigint;
  DECLARE @wasNote nvarchar(max);
  SELECT @was = 1, @wasHolder = holder, @wasUntil = lease_until, @wasNote = note
  FROM dbo.leases WHERE name = @name;
  IF @was = 1
  BEGIN
    UPDATE dbo.leases SET holder = @holder, lease_until = @leaseUntil, note = COALESCE(@note, note)
    WHERE name = @name AND lease_until = @wasUntil
      AND (holder = @wasHolder OR (holder IS NULL AND @wasHolder IS NULL))
      AND (holder IS NULL OR holder = @holder OR lease_until <= @now);
    SET @changed = @@ROWCOUNT;
  END
  ELSE
  BEGIN
    INSERT INTO dbo.leases (name, holder, lease_until, note)
    SELECT @name, @holder, @leaseUntil, @note
    WHERE NOT EXISTS (SELECT 1 FROM dbo.leases WHERE name = @name);
    SET @changed = @@ROWCOUNT;
  END;
  SELECT @changed AS changed, @wasHolder AS holder, COALESCE(@wasUntil, 0) AS until,
    @wasNote AS note`,
);

export const DELETE_LEASE = query(
  { name: ID, holder: HOLDER },
  `DELETE FROM dbo.leases WHERE name = @name AND holder = @holder`,
);

export const LEAVE_LEASE = query(
  { name: ID, holder: HOLDER, now: WHOLE, note: JSON_TEXT },
  `
  UPDATE dbo.leases SET holder = NULL, lease_until = @now, note = @note
  WHERE name = @name AND holder = @holder`,
);

export const COUNT_LEASES = query(
  { first: ID, below: ID, now: WHOLE },
  `
  SELECT COUNT(*) AS held FROM dbo.leases
  WHERE name >= @first AND name < @below AND holder IS NOT NULL AND lease_until > @now`,
);
