import { closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { SQLInputValue, StatementSync } from 'node:sqlite';

/** The values of a statement's parameters, by place (`?`) or by name (`:name`). */
export type Row = readonly SQLInputValue[] | Readonly<Record<string, SQLInputValue>>;

/** A connection with its prepared statements; each query is prepared once. */
export interface Session {
  readonly database: DatabaseSync;
  /** How many rows a statement changed. */
  run(sql: string, row?: Row): number;
  /** Inserts one row and gives its row id. */
  insert(sql: string, row?: Row): number;
  get(sql: string, row?: Row): unknown;
  all(sql: string, row?: Row): unknown[];
  close(): void;
}

/**
 * Pages of 4 KB that the log may hold before a commit moves them into the file: 60 MB. The same
 * few pages are written again and again, so fewer moves write less, and few commits wait for one.
 * A start after a crash reads the log once.
 */
const CHECKPOINT_PAGES = 15_000;

/**
 * The one connection of a process that writes. Every commit is on the disk before it answers
 * (`synchronous=FULL`: sqlite.org/pragma.html#pragma_synchronous).
 *
 * @throws what SQLite says of a file that cannot be opened or is none of its own.
 */
export function openWriter(path: string, options: { busyMs: number }): Session {
  createPrivately(path);
  const database = new DatabaseSync(path, { timeout: options.busyMs });
  return guarded(database, () => {
    database.exec('PRAGMA journal_mode = WAL');
    database.exec('PRAGMA synchronous = FULL');
    database.exec('PRAGMA foreign_keys = ON');
    database.exec('PRAGMA trusted_schema = OFF');
    database.exec('PRAGMA temp_store = MEMORY');
    // After a split SQLite looks at every cached page in the next commit; few are ever used again,
    // as rows are added at the right edge. The system's own cache has the others.
    database.exec('PRAGMA cache_size = -8000');
    database.exec('PRAGMA journal_size_limit = 67108864');
    database.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  });
}

/** A connection that can only read, and sees committed work alone. */
export function openReader(path: string, options: { busyMs: number }): Session {
  const database = new DatabaseSync(path, { readOnly: true, timeout: options.busyMs });
  return guarded(database, () => {
    database.exec('PRAGMA query_only = ON');
    database.exec('PRAGMA trusted_schema = OFF');
    database.exec('PRAGMA temp_store = MEMORY');
    database.exec('PRAGMA cache_size = -16000');
  });
}

/** A session over an open connection. */
export function sessionOf(database: DatabaseSync): Session {
  const prepared = new Map<string, StatementSync>();
  const statement = (sql: string) => {
    const known = prepared.get(sql);
    if (known) return known;
    const fresh = database.prepare(sql);
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

/** The arguments that node:sqlite takes: each value by place, or one object of names. */
function bound(row: Row = []): SQLInputValue[] {
  return (Array.isArray(row) ? row : [row]) as SQLInputValue[];
}

/** Closes the connection again where its settings were refused. */
function guarded(database: DatabaseSync, setUp: () => void): Session {
  try {
    setUp();
  } catch (error) {
    database.close();
    throw error;
  }
  return sessionOf(database);
}

/**
 * Makes the file readable for its owner alone, before SQLite would make it readable for all. A file
 * that exists is never opened here: closing it would drop the locks that SQLite holds on it in this
 * process (sqlite.org/howtocorrupt.html, 2.2).
 */
function createPrivately(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    // Whatever else is wrong with the path SQLite meets itself, in words that have a sentence.
    if (typeof error !== 'object' || error === null || !('code' in error)) throw error;
  }
}
