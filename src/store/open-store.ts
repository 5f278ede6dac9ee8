import type { Config } from '../config/config.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { Store } from '../usecases/ports/store.ts';
import type { Timing } from './sqlserver/connection.ts';

/** Timeouts (ms) for SQL Server; SQLite ignores them. `openDatabase` has the defaults. */
export type StoreTiming = Partial<Timing>;

/**
 * Opens the configured store and migrates its schema. Loads the code of the configured engine only.
 * `allowUntrusted` (default false) accepts a connection string that disables encryption or
 * certificate validation: for a local server only.
 *
 * @throws StoreError with a message that says what to do.
 */
export async function openStore(
  config: Config['store'],
  given: { clock: Clock; log: Logger; allowUntrusted?: boolean; timing?: StoreTiming },
): Promise<Store> {
  const { clock, log, allowUntrusted = false, timing } = given;
  if (config.kind === 'sqlite') {
    const { openSqliteStore } = await import('./sqlite/store.ts');
    return openSqliteStore({ clock, log, path: config.path });
  }
  const { openSqlServerStore } = await import('./sqlserver/store.ts');
  const { connectionString } = config;
  return openSqlServerStore({ clock, log, allowUntrusted, connectionString, ...timing });
}
