import { CLAIM_KEY, KIND, query, rowsOf } from '../query.ts';

/** What has happened once: change ids and claims. Those in capitals alone are parts of a commit. */

/** @claims as rows; `n` is their order. */
const CLAIMS = rowsOf('@claims', [
  ['n', '$.n', 'int'],
  ['kind', '$.kind', 'nvarchar(20)'],
  ['[key]', '$.key', 'nvarchar(400)'],
  ['request_id', '$.requestId', 'nvarchar(100)'],
  ['fingerprint', '$.fingerprint', 'nvarchar(200)'],
  ['expires_at', '$.expiresAt', 'bigint'],
]);

/** No row: the change was committed before. */
export const INSERT_CHANGE = `
  INSERT INTO dbo.changes (id, request_id, [at], attempt)
  SELECT @id, @requestId, @at, @attempt
  WHERE NOT EXISTS (SELECT 1 FROM dbo.changes WHERE id = @id);`;

/** Fewer rows than claims: one of them is taken. */
export const INSERT_CLAIMS = `
  INSERT INTO dbo.claims (kind, [key], request_id, fingerprint, expires_at)
  SELECT n.kind, n.[key], n.request_id, n.fingerprint, n.expires_at
  FROM ${CLAIMS} n
  WHERE NOT EXISTS (
    SELECT 1 FROM dbo.claims c
    WHERE c.kind = n.kind AND c.[key] = n.[key]
  );`;

/** Who was there first: the change itself, else the first claim that is taken. */
export const FIND_FIRST = `
  SELECT @of = N'change', @firstRequest = c.request_id, @firstAttempt = c.attempt
  FROM dbo.changes c WHERE c.id = @id;
  IF @of IS NULL AND @claims IS NOT NULL
    SELECT TOP (1) @of = c.kind, @firstRequest = c.request_id, @firstPrint = c.fingerprint
    FROM ${CLAIMS} n
    JOIN dbo.claims c ON c.kind = n.kind AND c.[key] = n.[key]
    ORDER BY n.n;`;

/** Primary key claims_pk */
export const FIND_CLAIM = query(
  { kind: KIND, key: CLAIM_KEY },
  `
  SELECT kind, request_id AS requestId, fingerprint, expires_at AS expiresAt
  FROM dbo.claims WHERE kind = @kind AND [key] = @key`,
);
