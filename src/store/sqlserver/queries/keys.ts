import { ID, JSON_TEXT, WHOLE, query, text } from '../query.ts';

/** Keys of our own, and leases. */

/** Primary key keys_pk */
export const LIST_KEYS = query(
  { purpose: ID },
  `
  SELECT id, purpose, sealed, created_at AS createdAt FROM dbo.keys
  WHERE purpose = @purpose ORDER BY ordinal`,
);

/** Nothing where the purpose has a key. */
export const INSERT_FIRST_KEY = query(
  { purpose: ID, id: ID, sealed: JSON_TEXT, createdAt: WHOLE },
  `
  SET NOCOUNT ON;
  INSERT INTO dbo.keys (purpose, ordinal, id, sealed, created_at)
  SELECT @purpose, 1, @id, @sealed, @createdAt
  WHERE NOT EXISTS (SELECT 1 FROM dbo.keys WHERE purpose = @purpose);
  SELECT @@ROWCOUNT AS changed`,
);

/** Two that are added at once meet at keys_pk: the later one asks once more. */
export const INSERT_KEY = query(
  { purpose: ID, id: ID, sealed: JSON_TEXT, createdAt: WHOLE },
  `
  INSERT INTO dbo.keys (purpose, ordinal, id, sealed, created_at)
  SELECT @purpose, COALESCE(MAX(ordinal), 0) + 1, @id, @sealed, @createdAt
  FROM dbo.keys WHERE purpose = @purpose`,
);

/** Nothing changed: another holder's lease has not run out. */
export const TAKE_LEASE = query(
  { name: ID, holder: text(200), leaseUntil: WHOLE, now: WHOLE },
  `
  SET NOCOUNT ON;
  DECLARE @changed int;
  UPDATE dbo.leases SET holder = @holder, lease_until = @leaseUntil
  WHERE name = @name AND (holder = @holder OR lease_until <= @now);
  SET @changed = @@ROWCOUNT;
  IF @changed = 0
  BEGIN
    INSERT INTO dbo.leases (name, holder, lease_until)
    SELECT @name, @holder, @leaseUntil
    WHERE NOT EXISTS (SELECT 1 FROM dbo.leases WHERE name = @name);
    SET @changed = @@ROWCOUNT;
  END;
  SELECT @changed AS changed`,
);

export const RELEASE_LEASE = query(
  { name: ID, holder: text(200) },
  `
  DELETE FROM dbo.leases WHERE name = @name AND holder = @holder`,
);
