import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { sha256 } from '../../lib/hash.ts';
import { StoreError } from '../../usecases/ports/store-error.ts';
import { TRANSFER_TABLES, refused } from '../transfer.ts';
import type { TransferCounts, TransferRow, TransferSource } from '../transfer.ts';
import { isBusy, toStoreError } from './errors.ts';
import { pendingMigrations } from './migrate.ts';
import { IDENTITY, SOURCE_TABLES } from './queries/transfer.ts';
import { createReader } from './reader.ts';
import { connectionOf } from './connection.ts';
import type { Connection } from './connection.ts';

/** Long enough for a process that is closing the file, too short for one that serves. */
const BUSY_MS = 500;

/**
 * Opens the source of a copy with an exclusive lock, so that no service changes it meanwhile. Changes
 * only the journal mode of the file, which the next open resets.
 *
 * @throws StoreError `transfer_refused` if another process has it open or its schema is outdated,
 *   `store_unavailable` if it does not exist.
 */
export function openTransferSource(path: string): TransferSource {
  if (!existsSync(path)) {
    throw new StoreError('store_unavailable', `There is no database to copy at ${path}.`);
  }
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: BUSY_MS });
    const connection = connectionOf(database);
    lock(connection);
    requireSchema(connection, path);
    return sourceOver(connection);
  } catch (error) {
    if (database?.isOpen) database.close();
    if (isBusy(error)) {
      throw refused(
        `The database ${path} is in use: stop the service and every other program that has ` +
          'it open.',
      );
    }
    const { code, message, cause } = toStoreError(error);
    throw new StoreError(code, `${message} (${path})`, { cause });
  }
}

/**
 * Leaves WAL mode, where an exclusive transaction would not lock out readers
 * (sqlite.org/lang_transaction.html, section 2.2). This fails while another connection exists.
 */
function lock(connection: Connection): void {
  connection.database.exec('PRAGMA trusted_schema = OFF');
  connection.database.exec('PRAGMA journal_mode = DELETE');
  connection.database.exec('BEGIN EXCLUSIVE');
}

function requireSchema(connection: Connection, path: string): void {
  const missing = pendingMigrations(connection).map(({ name }) => name);
  if (missing.length === 0) return;
  throw refused(
    `The database ${path} has an older schema (it lacks ${missing.join(', ')}): run ` +
      '`countersign migrate` with it first.',
  );
}

function sourceOver(connection: Connection): TransferSource {
  const counts = Object.fromEntries(
    TRANSFER_TABLES.map((table) => {
      const { n } = connection.get(SOURCE_TABLES[table].count) as { n: number };
      return [table, n];
    }),
  ) as TransferCounts;
  const { identity } = connection.get(IDENTITY) as { identity: string };
  return {
    counts,
    fingerprint: sha256(JSON.stringify([identity, counts])),
    audit: createReader(connection),
    start: (table) => SOURCE_TABLES[table].start,
    page: (table, after, limit) =>
      connection.all(SOURCE_TABLES[table].page, [...after, limit]) as TransferRow[],
    keyOf: (table, row) => SOURCE_TABLES[table].key.map((name) => row[name] ?? ''),
    close: () => connection.close(),
  };
}
