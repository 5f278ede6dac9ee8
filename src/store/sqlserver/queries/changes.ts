import { COLUMNS } from '../columns.ts';
import { KIND, ONCE_KEY, SMALL, query, rowsOf } from '../query.ts';

/** Change ids and once-keys: what may happen once. The plain strings are parts of a commit. */

/** @onceKeys as rows; `n` is their order. */
const ONCE_KEYS = rowsOf('@onceKeys', { n: SMALL, ...COLUMNS.once_keys });

/** No row: the change was committed before. */
export const INSERT_CHANGE = `
  INSERT INTO dbo.changes (id, request_id, [at], attempt)
  SELECT @id, @requestId, @at, @attempt
  WHERE NOT EXISTS (SELECT 1 FROM dbo.changes WHERE id = @id);`;

/** Fewer rows than keys: one of them is used. */
export const INSERT_ONCE_KEYS = `
  INSERT INTO dbo.once_keys (kind, [key], request_id, fingerprint, expires_at)
  SELECT n.kind, n.[key], n.request_id, n.fingerprint, n.expires_at
  FROM ${ONCE_KEYS} n
  WHERE NOT EXISTS (
    SELECT 1 FROM dbo.once_keys c
    WHERE c.kind = n.kind AND c.[key] = n.[key]
  );`;

/** The earlier one: the change itself, or the first used key. */
export const FIND_FIRST = `
  SELECT @of = N'change', @firstRequest = c.request_id, @firstAttempt = c.attempt
  FROM dbo.changes c WHERE c.id = @id;
  IF @of IS NULL AND @onceKeys IS NOT NULL
    SELECT TOP (1) @of = c.kind, @firstRequest = c.request_id, @firstPrint = c.fingerprint
    FROM ${ONCE_KEYS} n
    JOIN dbo.once_keys c ON c.kind = n.kind AND c.[key] = n.[key]
    ORDER BY n.n;`;

/** Primary key once_keys_pk */
export const FIND_ONCE_KEY = query(
  { kind: KIND, key: ONCE_KEY },
  `
  SELECT kind, request_id AS requestId, fingerprint, expires_at AS expiresAt
  FROM dbo.once_keys WHERE kind = @kind AND [key] = @key`,
);
