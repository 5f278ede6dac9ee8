import type { Config } from '../config/config.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/logger.ts';
import type { AuditStore, Housekeeping, KeyStore } from '../usecases/store-ports.ts';
import { openStore } from './open-store.ts';

/** What verifying takes: the log and the stored keys, for reading. */
export type AuditLog =
  & Omit<AuditStore, 'seal'>
  & Pick<KeyStore, 'listKeys'>
  & Pick<Housekeeping, 'close'>;

/**
 * Opens a store to look at its audit log. An embedded database is opened read-only: nothing is
 * migrated, made or written, so a copy that is kept as evidence stays as it is.
 *
 * @throws StoreError with a sentence that says what to do.
 */
export async function openAuditLog(
  config: Config['store'],
  given: { clock: Clock; log: Logger },
): Promise<AuditLog> {
  if (config.kind !== 'sqlite') return openStore(config, given);
  const { openSqliteReader } = await import('./sqlite/reader.ts');
  return openSqliteReader(config.path);
}
