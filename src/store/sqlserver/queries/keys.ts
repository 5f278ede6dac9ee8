import { ID, JSON_TEXT, WHOLE, counted, query } from '../query.ts';

/** The service's own keys. */

/** Primary key keys_pk */
export const LIST_KEYS = query(
  { purpose: ID },
  `
  SELECT id, purpose, encrypted, created_at AS createdAt FROM dbo.keys
  WHERE purpose = @purpose ORDER BY ordinal`,
);

/** Inserts nothing if the purpose has a key. */
export const INSERT_FIRST_KEY = counted(
  { purpose: ID, id: ID, encrypted: JSON_TEXT, createdAt: WHOLE },
  `INSERT INTO dbo.keys (purpose, ordinal, id, encrypted, created_at)
  SELECT @purpose, 1, @id, @encrypted, @createdAt
  WHERE NOT EXISTS (SELECT 1 FROM dbo.keys WHERE purpose = @purpose)`,
);

/** Of two concurrent inserts one violates keys_pk and is retried. */
export const INSERT_KEY = query(
  { purpose: ID, id: ID, encrypted: JSON_TEXT, createdAt: WHOLE },
  `
  INSERT INTO dbo.keys (purpose, ordinal, id, encrypted, created_at)
  SELECT @purpose, COALESCE(MAX(ordinal), 0) + 1, @id, @encrypted, @createdAt
  FROM dbo.keys WHERE purpose = @purpose`,
);
