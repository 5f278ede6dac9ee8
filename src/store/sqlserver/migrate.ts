import { StoreError } from '../../usecases/ports/store-error.ts';
import { missingMigrations, readMigrations } from '../migrations.ts';
import type { AppliedMigration, Migration } from '../migrations.ts';
import { APPLIED, APPLY, SURVEY } from './queries/schema.ts';
import { encodeRows } from './query.ts';
import type { Pool } from './pool.ts';

/** Splits a migration into batches: some statements must be the first of a batch. */
const CUT = /^--> next$/m;
/** No string literal of a migration may contain two dashes. */
const COMMENT = /--.*$/gm;
/** Long enough to build an index on a large table. */
const STEP_WITHIN_MS = 600_000;

/** The migrations of this version, in order. */
export function shippedMigrations(): readonly Migration[] {
  return readMigrations(new URL('./migrations/', import.meta.url));
}

/** The batches of a migration, each on one line without comments. */
export function partsOf({ sql }: Pick<Migration, 'sql'>): readonly string[] {
  return sql
    .split(CUT)
    .map((part) => part.replaceAll(COMMENT, '').replaceAll(/\s+/g, ' ').trim())
    .filter((part) => part !== '');
}

/** The migrations that the store lacks; throws as `migrate` does. */
export async function pendingMigrations(
  pool: Pool,
  migrations: readonly Migration[] = shippedMigrations(),
): Promise<readonly Migration[]> {
  const [survey] = await pool.all(SURVEY, {}, { repeat: 'twice' });
  const [tables, ours] = [Number(survey?.['tables'] ?? 0), Number(survey?.['ours'] ?? 0)];
  if (tables > 0 && ours === 0) {
    throw new StoreError(
      'schema_changed',
      'The database holds tables of another program: use a database for Countersign alone.',
    );
  }
  const rows = ours > 0 ? await pool.all(APPLIED, {}, { repeat: 'twice' }) : [];
  const applied = rows as unknown as readonly AppliedMigration[];
  return missingMigrations(migrations, applied);
}

/**
 * Applies the missing migrations, each with its checksum in one transaction. An application lock lets
 * one of several starting processes migrate. Writes nothing if none is missing, so the service needs
 * no permission to change the schema. Records `now` (ms).
 *
 * @returns the names of the migrations that this call applied.
 * @throws StoreError `schema_newer`, `schema_changed`, or an error of the server.
 */
export async function migrate(
  pool: Pool,
  options: { now: number; migrations?: readonly Migration[] },
): Promise<readonly string[]> {
  const migrations = options.migrations ?? shippedMigrations();
  const applied: string[] = [];
  for (const migration of await pendingMigrations(pool, migrations)) {
    const { version, name, checksum } = migration;
    const parts = encodeRows(partsOf(migration).map((part, n) => ({ n, part })));
    const [row] = await pool.all(
      APPLY,
      { version, name, checksum, now: options.now, parts },
      { repeat: 'twice', timeoutMs: STEP_WITHIN_MS },
    );
    if (Number(row?.['changed'] ?? 0) > 0) applied.push(name);
  }
  // Meanwhile another version may have migrated further: check again.
  if (applied.length > 0) await pendingMigrations(pool, migrations);
  return applied;
}
