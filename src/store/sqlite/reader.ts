import { readerOver } from '../reader.ts';
import type { Reader, Values } from '../reader.ts';
import { storeClosed, toStoreError } from './errors.ts';
import * as audit from './queries/audit.ts';
import * as cards from './queries/cards.ts';
import * as changes from './queries/changes.ts';
import * as housekeeping from './queries/housekeeping.ts';
import * as jobs from './queries/jobs.ts';
import * as keys from './queries/keys.ts';
import * as leases from './queries/leases.ts';
import * as people from './queries/people.ts';
import * as personKeys from './queries/person-keys.ts';
import * as requests from './queries/requests.ts';
import * as sessions from './queries/sessions.ts';
import { openReader } from './connection.ts';
import type { Connection } from './connection.ts';

const queries = {
  ...audit,
  ...cards,
  ...changes,
  ...housekeeping,
  ...jobs,
  ...keys,
  ...leases,
  ...people,
  ...personKeys,
  ...requests,
  ...sessions,
};

/**
 * Reads on the calling thread, because a read from the page cache is faster than a message to another
 * thread.
 */
export function createReader(connection: Connection): Reader {
  return readerOver({
    queries,
    all: <Row>(sql: string, values: Values) => readAll<Row>(connection, sql, values),
    list: (items) => JSON.stringify(items),
    onceKey: (key) => key,
  });
}

/** Opens an existing database read-only. @throws StoreError. */
export async function openSqliteReader(path: string): Promise<Reader & { close(): Promise<void> }> {
  try {
    const connection = openReader(path, { busyMs: 1_000 });
    return { ...createReader(connection), close: async () => connection.close() };
  } catch (error) {
    throw toStoreError(error);
  }
}

/**
 * The rows of a statement as plain objects: node:sqlite returns rows without a prototype.
 *
 * @throws StoreError
 */
export async function readAll<Found>(
  connection: Connection,
  sql: string,
  values: Values = {},
): Promise<readonly Found[]> {
  if (!connection.database.isOpen) throw storeClosed();
  try {
    return (connection.all(sql, values) as Found[]).map((found) => ({ ...found }));
  } catch (error) {
    throw toStoreError(error);
  }
}
