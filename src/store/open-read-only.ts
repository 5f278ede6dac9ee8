import type { Config } from '../config/config.ts';
import type { Logger } from '../lib/logger.ts';
import type { ReadOnlyStore } from './reader.ts';

export interface ReadOnlyOptions {
  readonly log: Logger;
  /** As in `openStore`. */
  readonly allowUntrusted?: boolean;
  /** Limit for the response to a statement of SQL Server; default 5,000. */
  readonly requestTimeoutMs?: number;
}

/**
 * Opens the configured store read-only. Closes it if `use` fails; otherwise the caller closes it. On
 * SQL Server a login with read permission is enough.
 *
 * @throws StoreError with a message that names the store and says what to do.
 */
export async function openReadOnly<Found>(
  config: Config['store'],
  options: ReadOnlyOptions,
  use: (store: ReadOnlyStore) => Promise<Found>,
): Promise<Found> {
  if (config.kind === 'sqlite') {
    const { openFile } = await import('./sqlite/open-file.ts');
    return openFile(config.path, use);
  }
  const { openDatabase } = await import('./sqlserver/open-database.ts');
  const { pendingMigrations } = await import('./sqlserver/migrate.ts');
  const { createReader } = await import('./sqlserver/reader.ts');
  const { refuseUnfinished } = await import('./sqlserver/store.ts');
  const { connectionString } = config;
  return openDatabase({ ...options, connectionString }, (pool) =>
    use({
      ...createReader(pool),
      pendingMigrations: () => pendingMigrations(pool),
      refuseUnfinished: () => refuseUnfinished(pool),
      close: () => pool.close(),
    }),
  );
}
