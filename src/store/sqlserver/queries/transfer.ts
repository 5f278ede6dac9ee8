import { TRANSFER_TABLES } from '../../transfer.ts';
import type { TransferTable } from '../../transfer.ts';
import { COLUMNS } from '../columns.ts';
import {
  ID,
  JSON_TEXT,
  SMALL,
  WHOLE,
  counted,
  query,
  rowsOf,
  step,
  transaction,
} from '../query.ts';
import type { Query } from '../query.ts';

/** Copying another store into this one: `countersign migrate --from`. */

const STEPS = rowsOf('@steps', { step: 'nvarchar(40)', position: JSON_TEXT });

/** No service has used an empty store: the first start creates keys before anything else. */
const FILLED = TRANSFER_TABLES.filter((table) => table !== 'counters')
  .map((table) => `EXISTS (SELECT 1 FROM dbo.${table})`)
  .join('\n      OR ');

/** Outcome: `begun`, `known` (a transfer began earlier), `filled`. */
export const BEGIN_TRANSFER = query(
  { source: ID, steps: JSON_TEXT },
  `
  DECLARE @lock int, @outcome nvarchar(20);
  ${transaction(
    `EXEC @lock = sp_getapplock @Resource = N'countersign-transfer', @LockMode = N'Exclusive',
      @LockOwner = N'Transaction', @LockTimeout = 5000;
    IF @lock < 0 THROW 51001, 'Another start holds the lock of the transfer for too long', 1;
    IF EXISTS (SELECT 1 FROM dbo.transfers) SET @outcome = N'known';
    ELSE IF ${FILLED} SET @outcome = N'filled';
    ELSE
      INSERT INTO dbo.transfers (step, source, position, copied)
      SELECT n.step, @source, n.position, 0 FROM ${STEPS} n;`,
    { done: 'begun' },
  )}
  SELECT @outcome AS outcome`,
);

/** One row for each step. */
export const TRANSFER_STEPS = query(
  {},
  `SELECT step, source, position, copied, finished_at AS finishedAt FROM dbo.transfers`,
);

/** A row if a transfer into this store is unfinished. */
export const UNFINISHED_TRANSFER = query(
  {},
  `SELECT TOP (1) step FROM dbo.transfers WHERE finished_at IS NULL`,
);

export const FINISH_STEP = counted(
  { step: 'nvarchar(40)', source: ID, now: WHOLE },
  `UPDATE dbo.transfers SET finished_at = COALESCE(finished_at, @now)
  WHERE step = @step AND source = @source`,
);

const PAGE = {
  source: ID,
  copied: WHOLE,
  position: JSON_TEXT,
  rows: JSON_TEXT,
  count: SMALL,
} as const;

/** Writes a page. Counters continue from the higher value, so that no fence is reused. */
function writeOf(table: TransferTable): string {
  const rows = rowsOf('@rows', COLUMNS[table], (name) => name);
  if (table === 'counters') {
    return `UPDATE c
      SET value = CASE WHEN n.value > c.value THEN n.value ELSE c.value END
      FROM dbo.counters c JOIN ${rows} n ON n.name = c.name;
      SET @written = @@ROWCOUNT;`;
  }
  const names = Object.keys(COLUMNS[table]).map((name) => `[${name}]`);
  const insert = `INSERT INTO dbo.${table} (${names.join(', ')})
      SELECT ${names.map((name) => `n.${name}`).join(', ')} FROM ${rows} n;
      SET @written = @@ROWCOUNT;`;
  if (table !== 'requests') return insert;
  // Requests keep their numbers; the next one follows the highest.
  return `SET IDENTITY_INSERT dbo.requests ON;
      ${insert}
      SET IDENTITY_INSERT dbo.requests OFF;`;
}

/** Writes a page and its position in one transaction. Outcome: `written`, `moved`. */
function pageOf(table: TransferTable): Query<keyof typeof PAGE> {
  return query(
    PAGE,
    `
  DECLARE @outcome nvarchar(20), @written int;
  ${transaction(
    `UPDATE dbo.transfers SET position = @position, copied = copied + @count
    WHERE step = N'${table}' AND source = @source AND copied = @copied AND finished_at IS NULL;
    IF @@ROWCOUNT = 0 SET @outcome = N'moved';
    ${step(`
      ${writeOf(table)}
      IF @written <> @count THROW 51011, 'Not every row of the page was written', 1;`)}`,
    { done: 'written' },
  )}
  SELECT @outcome AS outcome`,
  );
}

/** The statement of each table. */
export const WRITE_PAGE = Object.fromEntries(
  TRANSFER_TABLES.map((table) => [table, pageOf(table)]),
) as Readonly<Record<TransferTable, Query<keyof typeof PAGE>>>;

/** The row count of each table, in one row. */
export const COUNT_TABLES = query(
  {},
  `
  SELECT ${TRANSFER_TABLES.map(
    (table) => `(SELECT COUNT_BIG(*) FROM dbo.${table}) AS ${table}`,
  ).join(',\n    ')}`,
);
