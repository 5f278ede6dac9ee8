import type { Config } from '../config/config.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { Store } from '../usecases/ports/store.ts';

/** In ms; what is left out has the engine's default. Only a server has a use for it. */
export interface StoreTiming {
  readonly connectTimeoutMs?: number;
  readonly requestTimeoutMs?: number;
  readonly maxWaitMs?: number;
}

/**
 * Opens the configured store and brings its schema up to date; the engine is loaded only where it
 * is used. `allowUntrusted` lets a connection string switch encryption or the check of the server's
 * certificate off, which is for a server on this machine; default: no.
 *
 * @throws StoreError with a sentence that says what to do.
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
