import { readerOver } from '../reader.ts';
import type { Reader, Values } from '../reader.ts';
import { ALL_QUERIES } from './all-queries.ts';
import { storedOnceKey } from './encode-change.ts';
import { encodeRows } from './query.ts';
import type { Query } from './query.ts';
import type { Pool } from './pool.ts';

/** Creates the reading methods. Each is one round trip. */
export function createReader(pool: Pool): Reader {
  return readerOver<Query>({
    queries: ALL_QUERIES,
    all: async <Row>(query: Query, values: Values) =>
      (await pool.all(query, values, { repeat: 'twice' })) as unknown as readonly Row[],
    list: encodeRows,
    onceKey: storedOnceKey,
  });
}
