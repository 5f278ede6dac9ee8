import { systemClock } from '../../../src/lib/clock.ts';
import { systemIds } from '../../../src/lib/ids.ts';
import { silentLogger } from '../../../src/lib/logger.ts';
import { createReader } from '../../../src/store/sqlite/reader.ts';
import type { Reader } from '../../../src/store/reader.ts';
import { openReader } from '../../../src/store/sqlite/connection.ts';
import { openSqliteStore } from '../../../src/store/sqlite/store.ts';
import type { Store } from '../../../src/usecases/ports/store.ts';
import { pagesRead } from './pages.ts';
import type { Size } from './rows.ts';

/** One of the two compared stores. */
export interface Side {
  readonly size: Size;
  readonly path: string;
  readonly store: Store;
  /** A reader with an empty cache, to count pages read from the file. */
  pagesOf(look: (reader: Reader) => Promise<unknown>): Promise<number>;
  /** The next number of a request, `step` apart; wraps around. */
  nextNumber(): number;
  close(): Promise<void>;
}

/** Opens a filled store as the service does, and a second connection to count pages. */
export async function openSide(path: string, size: Size): Promise<Side> {
  const store = await openSqliteStore({ path, clock: systemClock, log: silentLogger });
  const connection = openReader(path, { busyMs: 1_000 });
  const reader = createReader(connection);
  let drawn = 0;
  return {
    size,
    path,
    store,
    async pagesOf(look) {
      // One run first, to prepare the statement and read the schema.
      await look(reader);
      connection.database.exec('PRAGMA shrink_memory');
      return pagesRead(() => look(reader));
    },
    nextNumber() {
      drawn += 1;
      // A prime step visits each number of the store once.
      return 1 + ((drawn * 7_368_787) % size.requests);
    },
    async close() {
      connection.close();
      await store.close();
    },
  };
}

/** A new sortable id with the current time. */
export const newId = (prefix: string): string => systemIds.next(prefix, systemClock.now());
