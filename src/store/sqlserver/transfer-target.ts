import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/logger.ts';
import { StoreError } from '../../usecases/ports/store-error.ts';
import type {
  TransferCounts,
  TransferRow,
  TransferStep,
  TransferTable,
  TransferTarget,
} from '../transfer.ts';
import { COLUMNS } from './columns.ts';
import { storedOnceKey, messageKey } from './encode-change.ts';
import { migrate } from './migrate.ts';
import { openDatabase } from './open-database.ts';
import {
  BEGIN_TRANSFER,
  COUNT_TABLES,
  FINISH_STEP,
  TRANSFER_STEPS,
  WRITE_PAGE,
} from './queries/transfer.ts';
import { JSON_TEXT, encodeRows, protectText, sizeOf } from './query.ts';
import type { SqlType } from './query.ts';
import { createReader } from './reader.ts';
import type { Pool } from './pool.ts';

/** Pages, and the counts of large tables, take longer than a decision may. */
const REQUEST_TIMEOUT_MS = 60_000;
const PAGE_WITHIN_MS = 120_000;
const COUNT_WITHIN_MS = 1_800_000;

/** `changes.attempt` of copied rows: SQLite has no such column. */
const ATTEMPT = 'transfer';

/**
 * Opens the target database of a copy and migrates its schema. The login needs the permissions for
 * that, and for IDENTITY_INSERT.
 *
 * @throws StoreError with a message that says what to do.
 */
export async function openTransferTarget(options: {
  connectionString: string;
  allowUntrusted: boolean;
  clock: Clock;
  log: Logger;
}): Promise<TransferTarget> {
  const { clock, log } = options;
  return openDatabase({ ...options, requestTimeoutMs: REQUEST_TIMEOUT_MS }, async (pool) => {
    const applied = await migrate(pool, { now: clock.now() });
    if (applied.length > 0) log.info('store migrated', { applied });
    return targetOver(pool);
  });
}

function targetOver(pool: Pool): TransferTarget {
  const steps = async () =>
    (await pool.all(TRANSFER_STEPS, {}, { repeat: 'twice' })) as unknown as TransferStep[];
  return {
    audit: createReader(pool),
    async begin(source, wanted) {
      const [row] = await pool.all(
        BEGIN_TRANSFER,
        { source, steps: encodeRows(wanted) },
        { repeat: 'twice' },
      );
      return { empty: row?.['outcome'] === 'begun', steps: await steps() };
    },
    async write(table, rows, { source, copied, position }) {
      const encoded = encodeRows(rows.map((row) => encode(table, row)));
      const [row] = await pool.all(
        WRITE_PAGE[table],
        { source, copied, position, rows: encoded, count: rows.length },
        { repeat: 'twice', timeoutMs: PAGE_WITHIN_MS },
      );
      return row?.['outcome'] === 'written';
    },
    async finish(step, { source, now }) {
      await pool.all(FINISH_STEP, { step, source, now }, { repeat: 'twice' });
    },
    steps,
    async counts() {
      const [row] = await pool.all(
        COUNT_TABLES,
        {},
        { repeat: 'twice', timeoutMs: COUNT_WITHIN_MS },
      );
      return { ...row } as TransferCounts;
    },
    close: () => pool.close(),
  };
}

/** Converts a row of SQLite to the columns of SQL Server. */
function encode(table: TransferTable, row: TransferRow): TransferRow {
  const values = { ...row, ...additions(table, row) };
  return Object.fromEntries(
    Object.entries(COLUMNS[table]).map(([name, type]) => [
      name,
      checkLength(values[name] ?? null, { table, name, type }),
    ]),
  );
}

/** Columns that exist only on SQL Server, or hold another value there. */
function additions(table: TransferTable, row: TransferRow): TransferRow {
  switch (table) {
    case 'changes':
      return { attempt: ATTEMPT };
    case 'once_keys':
      return { key: storedOnceKey(String(row['key'])) };
    case 'cards':
      return {
        message_key: messageKey({
          id: String(row['id']),
          conversationId: textOf(row['conversation_id']),
          activityId: textOf(row['activity_id']),
        }),
      };
    case 'sign_in_links':
      return {
        opened: row['state'] === null ? 0 : 1,
        state: row['state'] ?? `~${String(row['id'])}`,
      };
    default:
      return {};
  }
}

function textOf(value: TransferRow[string] | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

/** Rejects a text longer than its column; the server might truncate it silently. */
function checkLength(
  value: string | number | null,
  column: { table: string; name: string; type: SqlType },
): string | number | null {
  if (typeof value !== 'string') return value;
  if (column.type === JSON_TEXT) return protectText(value);
  const size = sizeOf(column.type) ?? 0;
  if (value.length <= size) return value;
  throw new StoreError(
    'store_rejected',
    `A value of ${column.table}.${column.name} has ${value.length} characters; its column on SQL ` +
      `Server holds ${size}. Nothing of its page was written.`,
  );
}
