import type { Config } from '../config/config.ts';
import { systemIds } from '../lib/ids.ts';
import type { Logger } from '../lib/logger.ts';
import type { StoredKey } from '../usecases/ports/key-store.ts';

/** A store that is open for inspection, and what it lacks. */
export interface StoreInspection {
  /** Migrations that the next start (or `countersign migrate`) would apply. */
  readonly missing: readonly string[];
  /** The stored keys of a purpose; none while migrations are missing. */
  listKeys(purpose: string): Promise<readonly StoredKey[]>;
  close(): Promise<void>;
}

/**
 * Opens the configured store read-only: it creates, migrates and writes nothing.
 *
 * @throws StoreError with a message that says what to do.
 */
export async function inspectStore(
  config: Config['store'],
  given: { log: Logger; allowUntrusted?: boolean },
): Promise<StoreInspection> {
  if (config.kind === 'sqlite') return inspectSqlite(config.path);
  const { poolConfig } = await import('./sqlserver/connection.ts');
  const { openPool } = await import('./sqlserver/pool.ts');
  const { pendingMigrations } = await import('./sqlserver/migrate.ts');
  const { createReader } = await import('./sqlserver/reader.ts');
  const maxWaitMs = 4_000;
  const pool = await openPool({
    config: poolConfig({
      connectionString: config.connectionString,
      allowUntrusted: given.allowUntrusted ?? false,
      timing: { maxWaitMs, connectTimeoutMs: 5_000, requestTimeoutMs: 5_000 },
    }),
    ids: systemIds,
    log: given.log,
    maxWaitMs,
    queueLimit: 10,
  });
  try {
    const missing = (await pendingMigrations(pool)).map(({ name }) => name);
    const reader = createReader(pool);
    return {
      missing,
      listKeys: (purpose) => (missing.length === 0 ? reader.listKeys(purpose) : none()),
      close: () => pool.close(),
    };
  } catch (error) {
    await pool.close();
    throw error;
  }
}

async function inspectSqlite(path: string): Promise<StoreInspection> {
  const { openReader } = await import('./sqlite/connection.ts');
  const { createReader } = await import('./sqlite/reader.ts');
  const { pendingMigrations } = await import('./sqlite/migrate.ts');
  const { toStoreError } = await import('./sqlite/errors.ts');
  try {
    const connection = openReader(path, { busyMs: 1_000 });
    try {
      const missing = pendingMigrations(connection).map(({ name }) => name);
      const reader = createReader(connection);
      return {
        missing,
        listKeys: (purpose) => (missing.length === 0 ? reader.listKeys(purpose) : none()),
        close: () => Promise.resolve(connection.close()),
      };
    } catch (error) {
      connection.close();
      throw error;
    }
  } catch (error) {
    throw toStoreError(error);
  }
}

function none(): Promise<readonly StoredKey[]> {
  return Promise.resolve([]);
}
