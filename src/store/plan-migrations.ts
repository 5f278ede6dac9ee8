import { existsSync } from 'node:fs';
import type { Config } from '../config/config.ts';
import type { Migration } from './migrations.ts';
import { openReadOnly } from './open-read-only.ts';
import type { ReadOnlyOptions } from './open-read-only.ts';

/** A pending migration with its size. */
export interface PlannedMigration extends Omit<Migration, 'sql'> {
  readonly statements: number;
  readonly bytes: number;
}

/** A statement starts at the start of a line; its other lines are indented or start with BEGIN. */
const STATEMENT = /^(?:CREATE|INSERT|UPDATE|DELETE|ALTER|DROP|EXEC|GRANT)\b/gm;

/**
 * The pending migrations of the configured store, in order. Changes nothing: a SQLite file is opened
 * read-only, and a missing one is not created.
 *
 * @throws StoreError `schema_newer`, `schema_changed`, or another code if the store is unreadable.
 */
export async function planMigrations(
  config: Config['store'],
  options: ReadOnlyOptions,
): Promise<readonly PlannedMigration[]> {
  return (await pending(config, options)).map(({ sql, ...migration }) => ({
    ...migration,
    statements: sql.match(STATEMENT)?.length ?? 0,
    bytes: Buffer.byteLength(sql),
  }));
}

async function pending(
  config: Config['store'],
  options: ReadOnlyOptions,
): Promise<readonly Migration[]> {
  if (config.kind === 'sqlite' && !existsSync(config.path)) {
    const { shippedMigrations } = await import('./sqlite/migrate.ts');
    return shippedMigrations();
  }
  return openReadOnly(config, options, async (store) => {
    const migrations = await store.pendingMigrations();
    await store.close();
    return migrations;
  });
}
