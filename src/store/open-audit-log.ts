import type { Config } from '../config/config.ts';
import type { Logger } from '../lib/logger.ts';
import type { AuditStore } from '../usecases/ports/audit-store.ts';
import type { Housekeeping } from '../usecases/ports/housekeeping.ts';
import type { KeyStore } from '../usecases/ports/key-store.ts';
import type { PersonKeyStore } from '../usecases/ports/person-keys.ts';
import type { RequestStore } from '../usecases/ports/request-store.ts';

/** What verification needs, read-only: the log and the stored keys. */
export type AuditLog = Omit<AuditStore, 'seal'> &
  Pick<KeyStore, 'listKeys'> &
  Pick<RequestStore, 'findRequest'> &
  PersonKeyStore &
  Pick<Housekeeping, 'close'>;

/**
 * Opens the audit log of a store read-only: a copy that is kept as evidence does not change. On SQL
 * Server a login with read permission is enough. `allowUntrusted` as in `openStore`.
 *
 * @throws StoreError with a message that says what to do.
 */
export async function openAuditLog(
  config: Config['store'],
  { log, allowUntrusted = false }: { log: Logger; allowUntrusted?: boolean },
): Promise<AuditLog> {
  if (config.kind === 'sqlite') {
    const { openSqliteReader } = await import('./sqlite/reader.ts');
    return openSqliteReader(config.path);
  }
  const { openForSchema } = await import('./sqlserver/open-for-schema.ts');
  const { createReader } = await import('./sqlserver/reader.ts');
  const { refuseUnfinished } = await import('./sqlserver/store.ts');
  const { connectionString } = config;
  return openForSchema({ connectionString, allowUntrusted, log }, async (pool) => {
    await refuseUnfinished(pool);
    return { ...createReader(pool), close: () => pool.close() };
  });
}
