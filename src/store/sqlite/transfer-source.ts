import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { StoreError } from '../../usecases/ports/store-error.ts';
import { TRANSFER_TABLES, fingerprintOf, refused } from '../transfer.ts';
import type { TransferCounts, TransferRow, TransferSource } from '../transfer.ts';
import { isBusy, toStoreError } from './errors.ts';
import { pendingMigrations } from './migrate.ts';
import { IDENTITY, SOURCE_TABLES } from './queries/transfer.ts';
import { createReader } from './reader.ts';
import { sessionOf } from './session.ts';
import type { Session } from './session.ts';

/** A neighbour that closes the file just now is waited for; one that serves is not. */
const BUSY_MS = 500;

/**
 * Opens a database to carry it over. While it is open nobody else can use it: no service can change
 * what has been read. The file stays as it is but for the journal mode, which whoever opens it
 * next turns on again.
 *
 * @throws StoreError `transfer_refused` where a process has it open or its schema is not this
 *   program's, `store_unavailable` where there is none.
 */
export function openTransferSource(path: string): TransferSource {
  if (!existsSync(path)) {
    throw new StoreError('store_unavailable', `There is no database to carry over at ${path}.`);
  }
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: BUSY_MS });
    const session = sessionOf(database);
    lock(session);
    requireSchema(session, path);
    return sourceOver(session);
  } catch (error) {
    if (database?.isOpen) database.close();
    if (isBusy(error)) {
      throw refused(
        `The database ${path} is in use: stop the service that has it open, and every ` +
          'other program, before it is carried over.',
      );
    }
    const { code, message, cause } = toStoreError(error);
    throw new StoreError(code, `${message} (${path})`, { cause });
  }
}

/**
 * Outside of WAL an exclusive transaction keeps readers out as well
 * (sqlite.org/lang_transaction.html, section 2.2), and the mode is left for nobody while
 * another connection is there.
 */
function lock(session: Session): void {
  session.database.exec('PRAGMA trusted_schema = OFF');
  session.database.exec('PRAGMA journal_mode = DELETE');
  session.database.exec('BEGIN EXCLUSIVE');
}

function requireSchema(session: Session, path: string): void {
  const missing = pendingMigrations(session).map(({ name }) => name);
  if (missing.length === 0) return;
  throw refused(
    `The database ${path} has an older schema (it lacks ${missing.join(', ')}): run ` +
      '`countersign migrate` with it first.',
  );
}

function sourceOver(session: Session): TransferSource {
  const counts = Object.fromEntries(
    TRANSFER_TABLES.map((table) => {
      const { n } = session.get(SOURCE_TABLES[table].count) as { n: number };
      return [table, n];
    }),
  ) as TransferCounts;
  const { identity } = session.get(IDENTITY) as { identity: string };
  return {
    counts,
    fingerprint: fingerprintOf([identity, counts]),
    audit: createReader(session),
    start: (table) => SOURCE_TABLES[table].start,
    page: (table, after, limit) =>
      session.all(SOURCE_TABLES[table].page, [...after, limit]) as TransferRow[],
    keyOf: (table, row) => SOURCE_TABLES[table].key.map((name) => row[name] ?? ''),
    close: () => session.close(),
  };
}
