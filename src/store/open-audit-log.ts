import type { Config } from '../config/config.ts';
import { openReadOnly } from './open-read-only.ts';
import type { ReadOnlyOptions } from './open-read-only.ts';
import type { ReadOnlyStore } from './reader.ts';

/** What verification needs: the log and the stored keys. */
export type AuditLog = Omit<ReadOnlyStore, 'pendingMigrations' | 'refuseUnfinished'>;

/**
 * Opens the audit log of a store read-only: a copy that is kept as evidence does not change.
 *
 * @throws StoreError with a message that says what to do.
 */
export async function openAuditLog(
  config: Config['store'],
  options: ReadOnlyOptions,
): Promise<AuditLog> {
  return openReadOnly(config, options, async (store) => {
    await store.refuseUnfinished();
    return store;
  });
}
