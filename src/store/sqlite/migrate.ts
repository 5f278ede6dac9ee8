import { StoreError } from '../../usecases/ports/store-error.ts';
import { missingMigrations, readMigrations } from '../migrations.ts';
import type { AppliedMigration, Migration } from '../migrations.ts';
import { retryTransient } from './retry.ts';
import { APPLIED, CREATE_SCHEMA_TABLE, INSERT_APPLIED, SURVEY } from './queries/schema.ts';
import type { Session } from './session.ts';

const SHIPPED = new URL('./migrations/', import.meta.url);

/** The migrations of this version, in order. */
export function shippedMigrations(folder: URL = SHIPPED): readonly Migration[] {
  return readMigrations(folder);
}

/** The migrations that the store lacks; throws as `migrate` does. */
export function pendingMigrations(
  session: Session,
  migrations: readonly Migration[] = shippedMigrations(),
): readonly Migration[] {
  const { tables, ours } = session.get(SURVEY) as { tables: number; ours: number };
  if (tables > 0 && ours === 0) {
    throw new StoreError(
      'schema_changed',
      'The file holds a database of another program: set store.path to another file.',
    );
  }
  const applied = ours > 0 ? (session.all(APPLIED) as AppliedMigration[]) : [];
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
  session: Session,
  options: { now: number; maxWaitMs: number; migrations?: readonly Migration[] },
): readonly string[] {
  const migrations = options.migrations ?? shippedMigrations();
  if (pendingMigrations(session, migrations).length === 0) return [];
  retryTransient(options.maxWaitMs, () => session.database.exec('BEGIN IMMEDIATE'));
  try {
    const pending = pendingMigrations(session, migrations);
    const { ours } = session.get(SURVEY) as { ours: number };
    if (ours === 0) session.run(CREATE_SCHEMA_TABLE);
    for (const { version, name, sql, checksum } of pending) {
      session.database.exec(sql);
      session.run(INSERT_APPLIED, { version, name, checksum, now: options.now });
    }
    session.database.exec('COMMIT');
    return pending.map(({ name }) => name);
  } catch (error) {
    if (session.database.isTransaction) session.database.exec('ROLLBACK');
    throw error;
  }
}
