import { readFileSync, readdirSync } from 'node:fs';
import { sha256 } from '../../lib/hash.ts';
import { StoreError } from '../errors.ts';
import { patiently } from './patience.ts';
import { APPLIED, CREATE_SCHEMA_TABLE, INSERT_APPLIED, SURVEY } from './queries/schema.ts';
import type { Session } from './session.ts';

/** A numbered step of the schema. `checksum` is the SHA-256 of its text. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

interface AppliedRow {
  readonly version: number;
  readonly name: string;
  readonly checksum: string;
}

const FILE = /^(\d{4})-[a-z0-9-]+\.sql$/;
const SHIPPED = new URL('./migrations/', import.meta.url);

/** The migrations that this program ships, in order. */
export function shippedMigrations(folder: URL = SHIPPED): readonly Migration[] {
  return readdirSync(folder).filter((name) => FILE.test(name)).sort().map((name) => {
    // A checkout may have turned the line ends; the checksum must not depend on that.
    const sql = readFileSync(new URL(name, folder), 'utf8').replaceAll('\r\n', '\n');
    return { version: Number(name.slice(0, 4)), name, sql, checksum: sha256(sql) };
  });
}

/** The migrations that the store still lacks; throws as `migrate` does. */
export function pendingMigrations(
  session: Session,
  migrations: readonly Migration[] = shippedMigrations(),
): readonly Migration[] {
  const { tables, ours } = session.get(SURVEY) as { tables: number; ours: number };
  if (tables > 0 && ours === 0) {
    throw new StoreError(
      'schema_changed',
      'The file holds a database of another program: give the store a path of its own.',
    );
  }
  const applied = ours > 0 ? (session.all(APPLIED) as AppliedRow[]) : [];
  const known = new Map(migrations.map((migration) => [migration.version, migration]));
  for (const { version, name, checksum } of applied) {
    const migration = known.get(version);
    if (!migration) {
      throw new StoreError(
        'schema_newer',
        `The store has schema ${version} (${name}), which this program does not know: `
          + 'start the newer program, or restore a backup from before its first start.',
      );
    }
    if (migration.checksum !== checksum) {
      throw new StoreError(
        'schema_changed',
        `Migration ${name} is not the one that made this store: undo the edit of that file, and `
          + 'put the change into a migration with the next number.',
      );
    }
  }
  const done = new Set(applied.map(({ version }) => version));
  return migrations.filter(({ version }) => !done.has(version));
}

/**
 * Brings the schema up to date: each missing migration and its checksum in one transaction under
 * the write lock, so that of many processes which start at once one migrates and the others find it
 * done. Gives the names of what was applied. `now` in ms is recorded.
 *
 * @throws StoreError `schema_newer`, `schema_changed`; SQLite's errors.
 */
export function migrate(
  session: Session,
  options: { now: number; patienceMs: number; migrations?: readonly Migration[] },
): readonly string[] {
  const migrations = options.migrations ?? shippedMigrations();
  if (pendingMigrations(session, migrations).length === 0) return [];
  patiently(options.patienceMs, () => session.database.exec('BEGIN IMMEDIATE'));
  try {
    const pending = pendingMigrations(session, migrations);
    const { ours } = session.get(SURVEY) as { ours: number };
    if (ours === 0) session.run(CREATE_SCHEMA_TABLE);
    for (const { version, name, sql, checksum } of pending) {
      session.database.exec(sql);
      session.run(INSERT_APPLIED, [version, name, checksum, options.now]);
    }
    session.database.exec('COMMIT');
    return pending.map(({ name }) => name);
  } catch (error) {
    if (session.database.isTransaction) session.database.exec('ROLLBACK');
    throw error;
  }
}
