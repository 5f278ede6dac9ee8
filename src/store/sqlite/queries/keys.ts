/** Keys of our own. */

export const LIST_KEYS = `
  SELECT id, purpose, encrypted, created_at AS createdAt FROM keys WHERE purpose = ? ORDER BY ordinal`;

/** purpose, id, encrypted, created at; purpose. Nothing where the purpose has a key. */
export const INSERT_FIRST_KEY = `
  INSERT INTO keys (purpose, ordinal, id, encrypted, created_at)
  SELECT ?, 1, ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM keys WHERE purpose = ?)`;

/** purpose, id, encrypted, created at; purpose */
export const INSERT_KEY = `
  INSERT INTO keys (purpose, ordinal, id, encrypted, created_at)
  SELECT ?, coalesce(max(ordinal), 0) + 1, ?, ?, ? FROM keys WHERE purpose = ?`;
