import { systemIds } from '../../lib/ids.ts';
import type { Logger } from '../../lib/logger.ts';
import { StoreError } from '../../usecases/ports/store-error.ts';
import { poolConfig, targetOf } from './connection.ts';
import { toStoreError } from './errors.ts';
import { closingOnFailure, openPool } from './pool.ts';
import type { Pool } from './pool.ts';

const TIMING = { connectTimeoutMs: 5_000, maxWaitMs: 4_000 };
const REQUEST_TIMEOUT_MS = 5_000;
const QUEUE = 10;

/**
 * Opens a database for a command that reads its schema or fills it. Closes it if `use` fails;
 * otherwise the caller closes it.
 *
 * @throws StoreError with a message that names the database.
 */
export async function openForSchema<Found>(
  options: {
    connectionString: string;
    allowUntrusted: boolean;
    log: Logger;
    /** Limit for the response to a statement; default 5,000. */
    requestTimeoutMs?: number;
  },
  use: (pool: Pool) => Promise<Found>,
): Promise<Found> {
  const { connectionString, allowUntrusted, log } = options;
  const timing = { ...TIMING, requestTimeoutMs: options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS };
  const config = poolConfig({ connectionString, allowUntrusted, timing });
  try {
    const pool = await openPool({
      config,
      ids: systemIds,
      log,
      maxWaitMs: TIMING.maxWaitMs,
      queueLimit: QUEUE,
    });
    return await closingOnFailure(pool, () => use(pool));
  } catch (error) {
    const { code, message, cause } = toStoreError(error);
    throw new StoreError(code, `${message} (${targetOf(config)})`, { cause });
  }
}
