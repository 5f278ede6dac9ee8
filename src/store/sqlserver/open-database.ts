import { systemIds } from '../../lib/ids.ts';
import type { Ids } from '../../lib/ids.ts';
import type { Logger } from '../../lib/logger.ts';
import { StoreError } from '../../usecases/ports/store-error.ts';
import { poolConfig, targetOf } from './connection.ts';
import type { Timing } from './connection.ts';
import { toStoreError } from './errors.ts';
import { openPool } from './pool.ts';
import type { Pool } from './pool.ts';

/** A database, with time limits (ms): 4,000 for retries, 5,000 for a connection and a response. */
export interface DatabaseOptions extends Partial<Timing> {
  readonly connectionString: string;
  /**
   * Accepts a connection string that disables encryption or certificate validation: for a local
   * server, never in production. Default false.
   */
  readonly allowUntrusted?: boolean;
  readonly log: Logger;
  readonly ids?: Ids;
  /** Calls that may wait for a connection at once before `store_busy`; default 1,000. */
  readonly queueLimit?: number;
}

/**
 * Opens a database. Closes it if `use` fails; otherwise the caller closes it.
 *
 * @throws StoreError with a message that names the database.
 */
export async function openDatabase<Found>(
  options: DatabaseOptions,
  use: (pool: Pool) => Promise<Found>,
): Promise<Found> {
  const { connectionString, allowUntrusted = false, log, ids = systemIds } = options;
  const { maxWaitMs = 4_000, connectTimeoutMs = 5_000, requestTimeoutMs = 5_000 } = options;
  const timing = { maxWaitMs, connectTimeoutMs, requestTimeoutMs };
  const config = poolConfig({ connectionString, allowUntrusted, timing });
  let pool: Pool | undefined;
  try {
    pool = await openPool({ config, ids, log, maxWaitMs, queueLimit: options.queueLimit ?? 1_000 });
    return await use(pool);
  } catch (error) {
    await pool?.close();
    const { code, message, cause } = toStoreError(error);
    throw new StoreError(code, `${message} (${targetOf(config)})`, { cause });
  }
}
