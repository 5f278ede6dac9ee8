import { BY_KEY, JSON_TEXT, SMALL, WHOLE, query, rowsOf } from '../query.ts';

/** What was booked against limits; primary key rates_pk. */

const KEYS = rowsOf('@keys', [['[key]', '$.key', 'nvarchar(100)']]);

export const LOAD_RATES = query(
  { keys: JSON_TEXT },
  `
  SELECT r.[key], r.version, r.state
  FROM dbo.rates r JOIN ${KEYS} n ON r.[key] = n.[key] ${BY_KEY}`,
);

const ROWS = rowsOf('@rows', [
  ['[key]', '$.key', 'nvarchar(100)'],
  ['seen', '$.seen', 'bigint'],
  ['state', '$.state', 'nvarchar(max)'],
]);

/** All or nothing. Two that insert one key at the same time meet at the primary key. */
export const SAVE_RATES = query(
  { rows: JSON_TEXT, count: SMALL, expiresAt: WHOLE },
  `
  SET NOCOUNT ON; SET XACT_ABORT ON;
  DECLARE @written int;
  BEGIN TRY
    BEGIN TRANSACTION;
    UPDATE r SET version = r.version + 1, state = n.state, expires_at = @expiresAt
    FROM dbo.rates r JOIN ${ROWS} n ON r.[key] = n.[key]
    WHERE r.version = n.seen
    ${BY_KEY};
    SET @written = @@ROWCOUNT;
    INSERT INTO dbo.rates ([key], version, state, expires_at)
    SELECT n.[key], 1, n.state, @expiresAt FROM ${ROWS} n
    WHERE n.seen = 0 AND NOT EXISTS (SELECT 1 FROM dbo.rates r WHERE r.[key] = n.[key]);
    SET @written = @written + @@ROWCOUNT;
    IF @written = @count COMMIT TRANSACTION;
    ELSE ROLLBACK TRANSACTION;
  END TRY
  BEGIN CATCH
    IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION;
    IF ERROR_NUMBER() NOT IN (2601, 2627) THROW;
    SET @written = -1;
  END CATCH;
  SELECT CASE WHEN @written = @count THEN 1 ELSE 0 END AS changed`,
);
