import { existsSync } from 'node:fs';
import type { Config } from '../config/config.ts';
import type { Logger } from '../lib/logger.ts';
import { StoreError } from '../usecases/ports/store-error.ts';
import type { Migration } from './migrations.ts';

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
  given: { log: Logger; allowUntrusted: boolean; requestTimeoutMs?: number },
): Promise<readonly PlannedMigration[]> {
  const pending =
    config.kind === 'sqlite'
      ? await pendingOnSqlite(config.path)
      : await pendingOnSqlServer(config, given);
  return pending.map(({ sql, ...migration }) => ({
    ...migration,
    statements: sql.match(STATEMENT)?.length ?? 0,
    bytes: Buffer.byteLength(sql),
  }));
}

async function pendingOnSqlite(path: string): Promise<readonly Migration[]> {
  const { pendingMigrations, shippedMigrations } = await import('./sqlite/migrate.ts');
  if (!existsSync(path)) return shippedMigrations();
  const { toStoreError } = await import('./sqlite/errors.ts');
  const { openReader } = await import('./sqlite/connection.ts');
  try {
    const connection = openReader(path, { busyMs: 1_000 });
    try {
      return pendingMigrations(connection);
    } finally {
      connection.close();
    }
  } catch (error) {
    const { code, message, cause } = toStoreError(error);
    throw new StoreError(code, `${message} (${path})`, { cause });
  }
}

async function pendingOnSqlServer(
  { connectionString }: { connectionString: string },
  given: { log: Logger; allowUntrusted: boolean; requestTimeoutMs?: number },
): Promise<readonly Migration[]> {
  const { pendingMigrations } = await import('./sqlserver/migrate.ts');
  const { openForSchema } = await import('./sqlserver/open-for-schema.ts');
  return openForSchema({ connectionString, ...given }, async (connection) => {
    try {
      return await pendingMigrations(connection);
    } finally {
      await connection.close();
    }
  });
}
