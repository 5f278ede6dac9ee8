import { StoreError } from '../../usecases/ports/store-error.ts';
import { missingMigrations, readMigrations } from '../migrations.ts';
import type { AppliedMigration, Migration } from '../migrations.ts';
import { retryTransient } from './retry.ts';
import { APPLIED, CREATE_SCHEMA_TABLE, INSERT_APPLIED, SURVEY } from './queries/schema.ts';
import type { Connection } from './connection.ts';

/** The migrations of this version, in order. */
export function shippedMigrations(): readonly Migration[] {
  return readMigrations(new URL('./migrations/', import.meta.url));
}

/** The migrations that the store lacks; throws as `migrate` does. */
export function pendingMigrations(
  connection: Connection,
  migrations: readonly Migration[] = shippedMigrations(),
): readonly Migration[] {
  const { tables, ours } = connection.get(SURVEY) as { tables: number; ours: number };
  if (tables > 0 && ours === 0) {
    throw new StoreError(
      'schema_changed',
      'The file holds a database of another program: set store.path to another file.',
    );
  }
  const applied = ours > 0 ? (connection.all(APPLIED) as AppliedMigration[]) : [];
  return missingMigrations(migrations, applied);
}

/**
 * Applies the missing migrations with their checksums, in one transaction. The write lock lets one of
 * several starting processes migrate. Records `now` (ms).
 *
 * @returns the names of the applied migrations.
 * @throws StoreError `schema_newer`, `schema_changed`, or an error of SQLite.
 */
export function migrate(
  connection: Connection,
  options: { now: number; maxWaitMs: number; migrations?: readonly Migration[] },
): readonly string[] {
  const migrations = options.migrations ?? shippedMigrations();
  if (pendingMigrations(connection, migrations).length === 0) return [];
  retryTransient(options.maxWaitMs, () => connection.database.exec('BEGIN IMMEDIATE'));
  try {
    const pending = pendingMigrations(connection, migrations);
    const { ours } = connection.get(SURVEY) as { ours: number };
    if (ours === 0) connection.run(CREATE_SCHEMA_TABLE);
    for (const { version, name, sql, checksum } of pending) {
      connection.database.exec(sql);
      connection.run(INSERT_APPLIED, { version, name, checksum, now: options.now });
    }
    connection.database.exec('COMMIT');
    return pending.map(({ name }) => name);
  } catch (error) {
    if (connection.database.isTransaction) connection.database.exec('ROLLBACK');
    throw error;
  }
}
