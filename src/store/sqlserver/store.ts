import type { Clock } from '../../lib/clock.ts';
import { systemIds } from '../../lib/ids.ts';
import type { Ids } from '../../lib/ids.ts';
import type { Logger } from '../../lib/logger.ts';
import type { Store } from '../../usecases/ports/store.ts';
import { StoreError } from '../../usecases/ports/store-error.ts';
import { commit } from './commit.ts';
import { erasures } from './erase.ts';
import { poolConfig, targetOf } from './connection.ts';
import { toStoreError } from './errors.ts';
import { finishJob, leaseJobs, releaseJob, renewJobs } from './job-operations.ts';
import { migrate } from './migrate.ts';
import { createWrites } from './operations.ts';
import { UNFINISHED_TRANSFER } from './queries/transfer.ts';
import { createReader } from './reader.ts';
import { closingOnFailure, openSession } from './session.ts';
import type { Session } from './session.ts';

export interface SqlServerStoreOptions {
  readonly connectionString: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly ids?: Ids;
  /**
   * Whether the connection string may switch encryption or the check of the server's certificate
   * off: for a server on this machine, never in production. Default: no.
   */
  readonly allowUntrusted?: boolean;
  /** How long a transient failure is repeated before it fails (ms); default 4,000. */
  readonly maxWaitMs?: number;
  /** Calls that may wait for a connection at one time before `store_busy`; default 1,000. */
  readonly queueLimit?: number;
  /** For a connection and its login (ms); default 5,000. */
  readonly connectTimeoutMs?: number;
  /** For a statement's answer (ms); default 5,000. */
  readonly requestTimeoutMs?: number;
}

/**
 * Opens the store of production: brings the schema up to date where the login may, and proves that
 * it can be written. Any number of replicas may have the same database open. The defaults add up to
 * an answer, or a fault that says why, within 10 s.
 *
 * @throws StoreError with a sentence that says what to do.
 */
export async function openSqlServerStore(options: SqlServerStoreOptions): Promise<Store> {
  const { clock, log, queueLimit = 1_000, maxWaitMs = 4_000, ids = systemIds } = options;
  const timing = {
    maxWaitMs,
    connectTimeoutMs: options.connectTimeoutMs ?? 5_000,
    requestTimeoutMs: options.requestTimeoutMs ?? 5_000,
  };
  const config = poolConfig({
    connectionString: options.connectionString,
    allowUntrusted: options.allowUntrusted ?? false,
    timing,
  });
  try {
    const session = await openSession({ config, ids, log, maxWaitMs, queueLimit });
    return await closingOnFailure(session, async () => {
      const applied = await migrate(session, { now: clock.now() });
      if (applied.length > 0) log.info('store migrated', { applied });
      await refuseUnfinished(session);
      const store = storeOver(session, { clock, ids });
      await store.check();
      return store;
    });
  } catch (error) {
    const { code, message, cause } = toStoreError(error);
    throw new StoreError(code, `${message} (${targetOf(config)})`, { cause });
  }
}

/**
 * Half of a store would be served as if it were the whole, and what it lacks decided anew.
 *
 * @throws StoreError `store_unfinished` while another store is being carried into this one.
 */
export async function refuseUnfinished(session: Session): Promise<void> {
  const [unfinished] = await session.all(UNFINISHED_TRANSFER, {}, { repeat: 'twice' });
  if (unfinished === undefined) return;
  throw new StoreError(
    'store_unfinished',
    'Another store is being carried into this database, and not all of it is there: run ' +
      '`countersign migrate --from … --to …` again, to its end, and then start the service.',
  );
}

function storeOver(session: Session, { clock, ids }: { clock: Clock; ids: Ids }): Store {
  const writes = createWrites(session);
  return {
    ...createReader(session),
    ...writes,
    ...erasures(session),
    commit: (change) => commit(session, change, ids),
    leaseJobs: (options) => leaseJobs(session, options),
    renewJobs: (options) => renewJobs(session, options),
    ackJob: (job) => finishJob(session, job),
    releaseJob: (job) => releaseJob(session, job),
    check: () => writes.check(clock.now()),
    close: () => session.close(),
  };
}
