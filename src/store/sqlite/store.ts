import type { Clock } from '../../lib/clock.ts';
import type { KnownAs } from '../../usecases/ports/erasure-store.ts';
import type { Store } from '../../usecases/ports/store.ts';
import { StoreError } from '../../usecases/ports/store-error.ts';
import type { Values } from '../reader.ts';
import { writesOver } from '../writes.ts';
import { ALL_QUERIES } from './all-queries.ts';
import { toStoreError } from './errors.ts';
import { FIND_KNOWN_AS } from './queries/erasure.ts';
import { READ_CHECK, WRITE_CHECK } from './queries/housekeeping.ts';
import { ANY_DUE } from './queries/jobs.ts';
import { createReader, readAll } from './reader.ts';
import { openReader } from './connection.ts';
import type { Connection } from './connection.ts';
import { startWriter } from './writer.ts';
import type { Writer, WriterOptions } from './writer.ts';

/** By default a lock may last 10,000 ms, and 10,000 writes may wait. */
export type SqliteStoreOptions = Pick<WriterOptions, 'path' | 'clock' | 'log'> &
  Partial<WriterOptions>;

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
    ...writesOver<string>({
      queries: ALL_QUERIES,
      list: (items) => JSON.stringify(items),
      change: (sql, values) => writer.call('change', { sql, values }),
      take: <Row>(sql: string, values: Values) =>
        writer.call('take', { sql, values }) as Promise<Row | undefined>,
      changeAndRecord: (sql, values, recording) =>
        writer.call('changeAndRecord', { sql, values, ...recording }),
    }),

    commit: (change) => writer.call('commit', change),
    async leaseJobs(options) {
      // Usually no job is due: read first, as that needs no write lock.
      const due = await readAll(connection, ANY_DUE, { now: options.now });
      return due.length === 0 ? [] : writer.call('leaseJobs', options);
    },
    renewJobs: (options) => writer.call('renewJobs', options),
    ackJob: (job) => writer.call('ackJob', job),
    findKnownAs: ({ names, objectIds }) =>
      readAll<KnownAs>(connection, FIND_KNOWN_AS, {
        names: JSON.stringify(names),
        objectIds: JSON.stringify(objectIds),
      }),
    findNaming: (query) => writer.call('findNaming', query),
    erase: (erasure) => writer.call('erase', erasure),
    seal: (options) => writer.call('seal', options),

    addLink: (link) => writer.call('addLink', link),
    startSession: (...started) => writer.call('startSession', started),
    takeLease: (options) => writer.call('takeLease', options),
    async check() {
      await writer.call('change', { sql: WRITE_CHECK, values: { now: clock.now() } });
      await readAll(connection, READ_CHECK);
    },
    async close() {
      // Close the writer last: only a writable connection can checkpoint the WAL.
      connection.close();
      await writer.close();
    },
  };
}
