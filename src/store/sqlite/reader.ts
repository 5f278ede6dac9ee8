import { readerOver } from '../reader.ts';
import type { Reader, Values } from '../reader.ts';
import { ALL_QUERIES } from './all-queries.ts';
import { storeClosed, toStoreError } from './errors.ts';
import type { Connection } from './connection.ts';

/**
 * Reads on the calling thread, because a read from the page cache is faster than a message to another
 * thread.
 */
export function createReader(connection: Connection): Reader {
  return readerOver({
    queries: ALL_QUERIES,
    all: <Row>(sql: string, values: Values) => readAll<Row>(connection, sql, values),
    list: (items) => JSON.stringify(items),
    onceKey: (key) => key,
  });
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
