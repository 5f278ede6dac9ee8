import { closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { SQLInputValue, StatementSync } from 'node:sqlite';

/** The parameters of a statement, by name (`:name`), or by position where columns vary. */
export type Row = readonly SQLInputValue[] | Readonly<Record<string, SQLInputValue>>;

/** A connection that prepares each statement once. */
export interface Connection {
  readonly database: DatabaseSync;
  /** Returns the number of changed rows. */
  run(sql: string, row?: Row): number;
  /** Inserts one row and returns its rowid. */
  insert(sql: string, row?: Row): number;
  get(sql: string, row?: Row): unknown;
  all(sql: string, row?: Row): unknown[];
  close(): void;
}

/**
 * The WAL size (pages of 4 KB, in all 60 MB) that triggers a checkpoint. Commits change the same few
 * pages again and again, so rare checkpoints write less and delay few commits. A start after a crash
 * reads the WAL once.
 */
const CHECKPOINT_PAGES = 15_000;

/**
 * Opens the only writing connection of the process. Every commit is on the disk before it returns
 * (`synchronous=FULL`: sqlite.org/pragma.html#pragma_synchronous).
 *
 * @throws errors of SQLite, for a file that cannot be opened or is not a database.
 */
export function openWriter(path: string, options: { busyMs: number }): Connection {
  createPrivately(path);
  const database = new DatabaseSync(path, { timeout: options.busyMs });
  return guarded(database, () => {
    database.exec('PRAGMA journal_mode = WAL');
    database.exec('PRAGMA synchronous = FULL');
    database.exec('PRAGMA foreign_keys = ON');
    // Overwrites deleted data in the file with zeros.
    database.exec('PRAGMA secure_delete = ON');
    database.exec('PRAGMA trusted_schema = OFF');
    database.exec('PRAGMA temp_store = MEMORY');
    // 8 MB: a commit after a page split visits every cached page, but inserts at the right edge reuse
    // few of them. The page cache of the system has the others.
    database.exec('PRAGMA cache_size = -8000');
    database.exec('PRAGMA journal_size_limit = 67108864');
    database.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  });
}

/** Opens a read-only connection, which sees only committed rows. */
export function openReader(path: string | URL, options: { busyMs: number }): Connection {
  const database = new DatabaseSync(path, { readOnly: true, timeout: options.busyMs });
  return guarded(database, () => {
    database.exec('PRAGMA query_only = ON');
    database.exec('PRAGMA trusted_schema = OFF');
    database.exec('PRAGMA temp_store = MEMORY');
    database.exec('PRAGMA cache_size = -16000');
  });
}

/** Prepares and caches the statements of an open database. */
export function connectionOf(database: DatabaseSync): Connection {
  const prepared = new Map<string, StatementSync>();
  const statement = (sql: string) => {
    const known = prepared.get(sql);
    if (known) return known;
    const fresh = database.prepare(sql);
    // A domain value is a row, whichever of its properties the statement names.
    fresh.setAllowUnknownNamedParameters(true);
    prepared.set(sql, fresh);
    return fresh;
  };
  return {
    database,
    run: (sql, row) => Number(statement(sql).run(...bound(row)).changes),
    insert: (sql, row) => Number(statement(sql).run(...bound(row)).lastInsertRowid),
    get: (sql, row) => statement(sql).get(...bound(row)),
    all: (sql, row) => statement(sql).all(...bound(row)),
    close() {
      prepared.clear();
      if (database.isOpen) database.close();
    },
  };
}

/** The arguments for node:sqlite: positional values, or one object of names. */
function bound(row: Row = []): SQLInputValue[] {
  return (Array.isArray(row) ? row : [row]) as SQLInputValue[];
}

/** Closes the connection if its set-up fails. */
function guarded(database: DatabaseSync, setUp: () => void): Connection {
  try {
    setUp();
  } catch (error) {
    database.close();
    throw error;
  }
  return connectionOf(database);
}

/**
 * Creates the file with mode 0600; SQLite would make it readable for all. Does not open an existing
 * file: closing it would drop the locks of this process (sqlite.org/howtocorrupt.html, 2.2).
 */
function createPrivately(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    // Ignore errors of the path: SQLite reports them itself, and errors.ts has messages for those.
    if (typeof error !== 'object' || error === null || !('code' in error)) throw error;
  }
}
