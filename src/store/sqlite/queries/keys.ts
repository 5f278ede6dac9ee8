/** The service's own keys. */

export const LIST_KEYS = `
  SELECT id, purpose, encrypted, created_at AS createdAt FROM keys
  WHERE purpose = :purpose ORDER BY ordinal`;

/** Inserts nothing if the purpose has a key. */
export const INSERT_FIRST_KEY = `
  INSERT INTO keys (purpose, ordinal, id, encrypted, created_at)
  SELECT :purpose, 1, :id, :encrypted, :createdAt
  WHERE NOT EXISTS (SELECT 1 FROM keys WHERE purpose = :purpose)`;

export const INSERT_KEY = `
  INSERT INTO keys (purpose, ordinal, id, encrypted, created_at)
  SELECT :purpose, coalesce(max(ordinal), 0) + 1, :id, :encrypted, :createdAt
  FROM keys WHERE purpose = :purpose`;
