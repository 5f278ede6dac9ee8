import { ID, JSON_TEXT, SMALL, WHOLE, query, rowsOf, transaction } from '../query.ts';

/** The recorded migrations of the schema, and how they are applied. */

const CREATE_SCHEMA_TABLE = `CREATE TABLE dbo.schema_migrations (
  version bigint NOT NULL,
  name nvarchar(200) COLLATE Latin1_General_BIN2 NOT NULL,
  checksum nvarchar(100) COLLATE Latin1_General_BIN2 NOT NULL,
  applied_at bigint NOT NULL,
  CONSTRAINT schema_migrations_pk PRIMARY KEY (version)
)`;

/** The number of tables, and whether schema_migrations is one of them. */
export const SURVEY = query(
  {},
  `
  SELECT COUNT_BIG(*) AS tables,
    COALESCE(SUM(CASE WHEN t.name = N'schema_migrations' THEN 1 ELSE 0 END), 0) AS ours
  FROM sys.tables t WHERE t.is_ms_shipped = 0`,
);

export const APPLIED = query(
  {},
  `SELECT version, name, checksum FROM dbo.schema_migrations ORDER BY version`,
);

const PARTS = rowsOf('@parts', { n: SMALL, part: JSON_TEXT });

/**
 * Applies a migration: its batches and its row in schema_migrations, in one transaction. The
 * application lock ends with it. A process that waited for the lock finds the row and does nothing.
 */
export const APPLY = query(
  { version: WHOLE, name: 'nvarchar(200)', checksum: ID, now: WHOLE, parts: JSON_TEXT },
  `
  DECLARE @lock int, @next int, @part nvarchar(max), @applied int;
  SET @next = 0;
  SET @applied = 0;
  ${transaction(
    `EXEC @lock = sp_getapplock @Resource = N'countersign-schema', @LockMode = N'Exclusive',
      @LockOwner = N'Transaction', @LockTimeout = 60000;
    IF @lock < 0 THROW 51001, 'Another start holds the lock of the schema for too long', 1;
    IF OBJECT_ID(N'dbo.schema_migrations') IS NULL
      EXEC sp_executesql N'${CREATE_SCHEMA_TABLE}';
    EXEC sp_executesql
      N'SELECT @applied = COUNT(*) FROM dbo.schema_migrations WHERE version = @version',
      N'@version bigint, @applied int OUTPUT', @version = @version, @applied = @applied OUTPUT;
    IF @applied = 0
    BEGIN
      WHILE 1 = 1
      BEGIN
        SET @part = NULL;
        SELECT @part = p.part
        FROM ${PARTS} p
        WHERE p.n = @next;
        IF @part IS NULL BREAK;
        EXEC sp_executesql @part;
        SET @next = @next + 1;
      END;
      EXEC sp_executesql
        N'INSERT INTO dbo.schema_migrations (version, name, checksum, applied_at)
          VALUES (@version, @name, @checksum, @now)',
        N'@version bigint, @name nvarchar(200), @checksum nvarchar(100), @now bigint',
        @version = @version, @name = @name, @checksum = @checksum, @now = @now;
    END;`,
  )}
  SELECT CASE WHEN @applied = 0 THEN 1 ELSE 0 END AS changed`,
);
