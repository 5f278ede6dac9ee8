import { StoreError } from '../../usecases/ports/store-error.ts';
import { missingMigrations, readMigrations } from '../migrations.ts';
import type { AppliedMigration, Migration } from '../migrations.ts';
import { APPLIED, APPLY, SURVEY } from './queries/schema.ts';
import { encodeRows } from './query.ts';
import type { Session } from './session.ts';

const SHIPPED = new URL('./migrations/', import.meta.url);
/** Where a migration is cut: some statements must be the first of what is sent. */
const CUT = /^--> next$/m;
/** No text in a migration may hold two dashes. */
const COMMENT = /--.*$/gm;
/** An index over a large table takes its time. */
const STEP_WITHIN_MS = 600_000;

/** The migrations that this program ships, in order. */
export function shippedMigrations(folder: URL = SHIPPED): readonly Migration[] {
  return readMigrations(folder);
}

/** The parts of a migration, each to be sent on its own, without comments and on one line. */
export function partsOf({ sql }: Pick<Migration, 'sql'>): readonly string[] {
  return sql
    .split(CUT)
    .map((part) => part.replaceAll(COMMENT, '').replaceAll(/\s+/g, ' ').trim())
    .filter((part) => part !== '');
}

/** The migrations that the store still lacks; throws as `migrate` does. */
export async function pendingMigrations(
  session: Session,
  migrations: readonly Migration[] = shippedMigrations(),
): Promise<readonly Migration[]> {
  const [survey] = await session.all(SURVEY, {}, { repeat: 'twice' });
  const [tables, ours] = [Number(survey?.['tables'] ?? 0), Number(survey?.['ours'] ?? 0)];
  if (tables > 0 && ours === 0) {
    throw new StoreError(
      'schema_changed',
      'The database holds tables of another program: give the store a database of its own.',
    );
  }
  const rows = ours > 0 ? await session.all(APPLIED, {}, { repeat: 'twice' }) : [];
  const applied = rows as unknown as readonly AppliedMigration[];
  return missingMigrations(migrations, applied);
}

/**
 * Brings the schema up to date: each missing migration and its checksum in one transaction under
 * the application lock, so that of many processes which start at once one migrates and the others
 * find it done. Gives the names of what was applied here. `now` in ms is recorded. Where nothing is
 * missing, nothing is written: the service needs no right to change the schema.
 *
 * @throws StoreError `schema_newer`, `schema_changed`, and what the server refuses.
 */
export async function migrate(
  session: Session,
  options: { now: number; migrations?: readonly Migration[] },
): Promise<readonly string[]> {
  const migrations = options.migrations ?? shippedMigrations();
  const applied: string[] = [];
  for (const migration of await pendingMigrations(session, migrations)) {
    const { version, name, checksum } = migration;
    const parts = encodeRows(partsOf(migration).map((part, n) => ({ n, part })));
    const [row] = await session.all(
      APPLY,
      { version, name, checksum, now: options.now, parts },
      { repeat: 'twice', timeoutMs: STEP_WITHIN_MS },
    );
    if (Number(row?.['changed'] ?? 0) > 0) applied.push(name);
  }
  // Whoever was faster may have been a newer program, or one whose file was edited.
  if (applied.length > 0) await pendingMigrations(session, migrations);
  return applied;
}
