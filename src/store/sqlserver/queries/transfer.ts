import { TRANSFER_TABLES } from '../../transfer.ts';
import type { TransferTable } from '../../transfer.ts';
import { ID, JSON_TEXT, SMALL, WHOLE, query, rowsOf, text } from '../query.ts';
import type { Query } from '../query.ts';

/** Copying another store into this one: `countersign migrate --from`. */

type Columns = readonly (readonly [name: string, type: string])[];

const LONG = 'nvarchar(max)';
const KEY = 'nvarchar(100)';
const NUMBER = 'bigint';

/** All columns with their types. A test checks them against the schema. */
export const TARGET_COLUMNS: Readonly<Record<TransferTable, Columns>> = {
  keys: [
    ['purpose', KEY],
    ['ordinal', 'int'],
    ['id', KEY],
    ['encrypted', LONG],
    ['created_at', NUMBER],
  ],
  person_keys: [
    ['person', 'nvarchar(320)'],
    ['pseudonym', KEY],
    ['encrypted', LONG],
  ],
  requests: [
    ['number', NUMBER],
    ['id', KEY],
    ['version', NUMBER],
    ['state', 'nvarchar(20)'],
    ['workflow', 'nvarchar(200)'],
    ['requester_key', 'nvarchar(320)'],
    ['asked', LONG],
    ['progress', LONG],
  ],
  decisions: [
    ['id', KEY],
    ['request_id', KEY],
    ['stage', 'nvarchar(64)'],
    ['approver_key', 'nvarchar(320)'],
    ['nth', 'int'],
    ['at', NUMBER],
    ['version', NUMBER],
    ['body', LONG],
  ],
  changes: [
    ['id', KEY],
    ['request_id', KEY],
    ['at', NUMBER],
    ['attempt', 'nvarchar(40)'],
  ],
  once_keys: [
    ['kind', 'nvarchar(20)'],
    ['key', 'nvarchar(400)'],
    ['request_id', KEY],
    ['fingerprint', 'nvarchar(200)'],
    ['expires_at', NUMBER],
  ],
  jobs: [
    ['key', 'nvarchar(200)'],
    ['kind', 'nvarchar(20)'],
    ['about_type', 'nvarchar(20)'],
    ['about_id', KEY],
    ['priority', 'int'],
    ['run_at', NUMBER],
    ['due_at', NUMBER],
    ['again_at', NUMBER],
    ['fence', NUMBER],
    ['attempts', 'int'],
    ['lease_until', NUMBER],
    ['error', 'nvarchar(2000)'],
  ],
  counters: [
    ['name', 'nvarchar(20)'],
    ['value', NUMBER],
  ],
  cards: [
    ['id', KEY],
    ['request_id', KEY],
    ['state', 'nvarchar(20)'],
    ['channel', 'nvarchar(200)'],
    ['conversation_id', 'nvarchar(1000)'],
    ['service_url', 'nvarchar(2000)'],
    ['activity_id', 'nvarchar(1000)'],
    ['posted_revision', NUMBER],
    ['message_key', 'nvarchar(120)'],
  ],
  conversations: [
    ['key', 'nvarchar(400)'],
    ['tenant_id', KEY],
    ['conversation_id', 'nvarchar(1000)'],
    ['service_url', 'nvarchar(2000)'],
    ['user_id', 'nvarchar(400)'],
    ['updated_at', NUMBER],
  ],
  people: [
    ['key', 'nvarchar(320)'],
    ['tenant_id', KEY],
    ['object_id', KEY],
    ['user_id', 'nvarchar(400)'],
    ['name', 'nvarchar(1000)'],
    ['roles', LONG],
    ['claims', LONG],
    ['seen_at', NUMBER],
  ],
  people_roles: [
    ['person_key', 'nvarchar(320)'],
    ['role', KEY],
    ['seen_at', NUMBER],
  ],
  sign_in_links: [
    ['id', KEY],
    ['tenant_id', KEY],
    ['object_id', KEY],
    ['request_id', KEY],
    ['revision', NUMBER],
    ['expires_at', NUMBER],
    ['opened', 'bit'],
    ['state', 'nvarchar(120)'],
    ['browser', KEY],
    ['nonce', 'nvarchar(200)'],
    ['verifier', LONG],
    ['taken_at', NUMBER],
    ['code', KEY],
    ['identity', LONG],
    ['demand', LONG],
  ],
  sessions: [
    ['id', KEY],
    ['tenant_id', KEY],
    ['object_id', KEY],
    ['provider', KEY],
    ['principal', 'nvarchar(320)'],
    ['generation', NUMBER],
    ['created_at', NUMBER],
    ['used_at', NUMBER],
    ['ends_at', NUMBER],
    ['encrypted', LONG],
    ['encrypted_with', KEY],
    ['refresh_holder', KEY],
    ['refresh_until', NUMBER],
  ],
  leases: [
    ['name', KEY],
    ['holder', 'nvarchar(200)'],
    ['lease_until', NUMBER],
    ['note', LONG],
  ],
  audit_events: [
    ['id', KEY],
    ['at', NUMBER],
    ['type', KEY],
    ['request_id', KEY],
    ['body', LONG],
  ],
  audit_pending: [['event_id', KEY]],
  audit_leaves: [
    ['idx', NUMBER],
    ['event_id', KEY],
    ['hash', KEY],
  ],
  audit_checkpoints: [
    ['size', NUMBER],
    ['root', KEY],
    ['at', NUMBER],
    ['jws', LONG],
  ],
  audit_frontier: [
    ['id', 'int'],
    ['size', NUMBER],
    ['peaks', LONG],
  ],
};

const STEPS = rowsOf('@steps', [
  ['step', '$.step', 'nvarchar(40)'],
  ['position', '$.position', LONG],
]);

/** No service has used an empty store: the first start creates keys before anything else. */
const FILLED = TRANSFER_TABLES.filter((table) => table !== 'counters')
  .map((table) => `EXISTS (SELECT 1 FROM dbo.${table})`)
  .join('\n      OR ');

/** Outcome: `begun`, `known` (a transfer began earlier), `filled`. */
export const BEGIN_TRANSFER = query(
  { source: ID, steps: JSON_TEXT },
  `
  SET NOCOUNT ON; SET XACT_ABORT ON;
  DECLARE @lock int, @outcome nvarchar(20);
  BEGIN TRY
    BEGIN TRANSACTION;
    EXEC @lock = sp_getapplock @Resource = N'countersign-transfer', @LockMode = N'Exclusive',
      @LockOwner = N'Transaction', @LockTimeout = 5000;
    IF @lock < 0 THROW 51001, 'Another start holds the lock of the transfer for too long', 1;
    IF EXISTS (SELECT 1 FROM dbo.transfers) SET @outcome = N'known';
    ELSE IF ${FILLED} SET @outcome = N'filled';
    ELSE
    BEGIN
      INSERT INTO dbo.transfers (step, source, position, copied)
      SELECT n.step, @source, n.position, 0 FROM ${STEPS} n;
      SET @outcome = N'begun';
    END;
    COMMIT TRANSACTION;
  END TRY
  BEGIN CATCH
    IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION;
    THROW;
  END CATCH;
  SELECT @outcome AS outcome`,
);

/** One row for each step. */
export const TRANSFER_STEPS = query(
  {},
  `
  SELECT step, source, position, copied, finished_at AS finishedAt FROM dbo.transfers`,
);

/** A row if a transfer into this store is unfinished. */
export const UNFINISHED_TRANSFER = query(
  {},
  `
  SELECT TOP (1) step FROM dbo.transfers WHERE finished_at IS NULL`,
);

export const FINISH_STEP = query(
  { step: text(40), source: ID, now: WHOLE },
  `
  SET NOCOUNT ON;
  UPDATE dbo.transfers SET finished_at = COALESCE(finished_at, @now)
  WHERE step = @step AND source = @source;
  SELECT @@ROWCOUNT AS changed`,
);

const PAGE = {
  source: ID,
  copied: WHOLE,
  position: JSON_TEXT,
  rows: JSON_TEXT,
  count: SMALL,
} as const;

/** Writes a page and its position in one transaction. Outcome: `written`, `moved`. */
function writeOf(table: TransferTable, insert: string): Query<keyof typeof PAGE> {
  return query(
    PAGE,
    `
  SET NOCOUNT ON; SET XACT_ABORT ON;
  DECLARE @outcome nvarchar(20), @written int;
  BEGIN TRY
    BEGIN TRANSACTION;
    UPDATE dbo.transfers SET position = @position, copied = copied + @count
    WHERE step = N'${table}' AND source = @source AND copied = @copied AND finished_at IS NULL;
    IF @@ROWCOUNT = 0 SET @outcome = N'moved';
    IF @outcome IS NULL
    BEGIN
      ${insert}
      IF @written <> @count THROW 51011, 'Not every row of the page was written', 1;
      SET @outcome = N'written';
    END;
    IF @outcome = N'written' COMMIT TRANSACTION;
    ELSE ROLLBACK TRANSACTION;
  END TRY
  BEGIN CATCH
    IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION;
    THROW;
  END CATCH;
  SELECT @outcome AS outcome`,
  );
}

function rowsFor(table: TransferTable): string {
  return rowsOf(
    '@rows',
    TARGET_COLUMNS[table].map(([name, type]) => [`[${name}]`, `$.${name}`, type] as const),
  );
}

function insertOf(table: TransferTable): string {
  const names = TARGET_COLUMNS[table].map(([name]) => `[${name}]`);
  return `INSERT INTO dbo.${table} (${names.join(', ')})
      SELECT ${names.map((name) => `n.${name}`).join(', ')} FROM ${rowsFor(table)} n;
      SET @written = @@ROWCOUNT;`;
}

/** Counters continue from the higher value, so that no fence is reused. */
const RAISE_COUNTERS = `UPDATE c
      SET value = CASE WHEN n.value > c.value THEN n.value ELSE c.value END
      FROM dbo.counters c JOIN ${rowsFor('counters')} n ON n.name = c.name;
      SET @written = @@ROWCOUNT;`;

/** Requests keep their numbers; the next one follows the highest. */
const INSERT_REQUESTS = `SET IDENTITY_INSERT dbo.requests ON;
      ${insertOf('requests')}
      SET IDENTITY_INSERT dbo.requests OFF;`;

/** The statement of each table. */
export const WRITE_PAGE = Object.fromEntries(
  TRANSFER_TABLES.map((table) => [
    table,
    writeOf(
      table,
      table === 'counters'
        ? RAISE_COUNTERS
        : table === 'requests'
          ? INSERT_REQUESTS
          : insertOf(table),
    ),
  ]),
) as Readonly<Record<TransferTable, Query<keyof typeof PAGE>>>;

/** The row count of each table, in one row. */
export const COUNT_TABLES = query(
  {},
  `
  SELECT ${TRANSFER_TABLES.map(
    (table) => `(SELECT COUNT_BIG(*) FROM dbo.${table}) AS ${table}`,
  ).join(',\n    ')}`,
);
