import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../lib/logger.ts';
import type { KnownAs } from '../../usecases/ports/erasure-store.ts';
import type { Store } from '../../usecases/ports/store.ts';
import { StoreError } from '../../usecases/ports/store-error.ts';
import { toStoreError } from './errors.ts';
import { FIND_KNOWN_AS } from './queries/erasure.ts';
import { READ_CHECK } from './queries/housekeeping.ts';
import { ANY_DUE } from './queries/jobs.ts';
import { createReader, readAll } from './reader.ts';
import { openReader } from './connection.ts';
import type { Connection } from './connection.ts';
import { startWriter } from './writer.ts';
import type { Writer } from './writer.ts';

export interface SqliteStoreOptions {
  /** Path of the database file; its directory must exist. */
  readonly path: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** How long another process may lock the file before `store_busy` (ms); default 10,000. */
  readonly maxWaitMs?: number;
  /** Writes that may wait at once before `store_busy`; default 10,000. */
  readonly queueLimit?: number;
}

/** A reader blocks only while SQLite recovers the WAL of a crashed process. */
const READER_BUSY_MS = 1_000;

/**
 * Opens the SQLite store: migrates the schema and checks that the file is writable. Several processes
 * may open the same file.
 *
 * @throws StoreError with a message that says what to do.
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const { path, clock, log, maxWaitMs = 10_000, queueLimit = 10_000 } = options;
  const writer = startWriter({ path, clock, log, maxWaitMs, queueLimit });
  try {
    await writer.ready;
    return storeOver(writer, openReader(path, { busyMs: READER_BUSY_MS }), clock);
  } catch (error) {
    await writer.close();
    const { code, message, cause } = toStoreError(error);
    throw new StoreError(code, `${message} (${path})`, { cause });
  }
}

function storeOver(writer: Writer, connection: Connection, clock: Clock): Store {
  return {
    ...createReader(connection),

    commit: (change) => writer.call('commit', change),
    async leaseJobs(options) {
      // Usually no job is due: read first, as that needs no write lock.
      const due = await readAll(connection, ANY_DUE, { now: options.now });
      return due.length === 0 ? [] : writer.call('leaseJobs', options);
    },
    renewJobs: (options) => writer.call('renewJobs', options),
    ackJob: (job) => writer.call('ackJob', job),
    releaseJob: (job) => writer.call('releaseJob', job),
    findKnownAs: ({ names, objectIds }) =>
      readAll<KnownAs>(connection, FIND_KNOWN_AS, {
        names: JSON.stringify(names),
        objectIds: JSON.stringify(objectIds),
      }),
    findNaming: (query) => writer.call('findNaming', query),
    erase: (erasure) => writer.call('erase', erasure),
    seal: (options) => writer.call('seal', options),

    addLink: (link) => writer.call('addLink', link),
    openLink: (id, attempt, now) => writer.call('openLink', { id, attempt, now }),
    takeAttempt: (state, now) => writer.call('takeAttempt', { state, now }),
    park: (linkId, parked, now) => writer.call('park', { linkId, ...parked, now }),
    redeem: (key, now) => writer.call('redeem', { key, now }),

    startSession: (started, recorded) => writer.call('startSession', { started, recorded }),
    touchSession: (use) => writer.call('touchSession', use),
    leaseRefresh: (lease) => writer.call('leaseRefresh', lease),
    renewSession: (renewed) => writer.call('renewSession', renewed),
    releaseRefresh: (held) => writer.call('releaseRefresh', held),
    reencryptSession: (connection) => writer.call('reencryptSession', connection),
    endSessions: (ended) => writer.call('endSessions', ended),

    addKey: (key) => writer.call('addKey', key),
    addFirstKey: (key) => writer.call('addFirstKey', key),
    takeLease: (options) => writer.call('takeLease', options),
    releaseLease: (options) => writer.call('releaseLease', options),

    purge: (now, limit) => writer.call('purge', { now, limit }),
    async check() {
      await writer.call('check', clock.now());
      await readAll(connection, READ_CHECK);
    },
    async close() {
      // Close the writer last: only a writable connection can checkpoint the WAL.
      connection.close();
      await writer.close();
    },
  };
}
