import type { Config } from '../config/config.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { Store } from '../usecases/store-ports.ts';
import { StoreError } from './errors.ts';

/**
 * Opens the configured store and brings its schema up to date; the engine is loaded only where it
 * is used.
 *
 * @throws StoreError with a sentence that says what to do.
 */
export async function openStore(
  config: Config['store'],
  given: { clock: Clock; log: Logger },
): Promise<Store> {
  if (config.kind === 'sqlite') {
    const { openSqliteStore } = await import('./sqlite/store.ts');
    return openSqliteStore({ ...given, path: config.path });
  }
  throw new StoreError(
    'store_unavailable', 'This version has no SQL Server store yet. Use sqlite.',
  );
}
