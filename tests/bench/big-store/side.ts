import { systemClock } from '../../../src/lib/clock.ts';
import { systemIds } from '../../../src/lib/ids.ts';
import { silentLogger } from '../../../src/lib/logger.ts';
import { createReader } from '../../../src/store/sqlite/reader.ts';
import type { Reader } from '../../../src/store/sqlite/reader.ts';
import { openReader } from '../../../src/store/sqlite/session.ts';
import { openSqliteStore } from '../../../src/store/sqlite/store.ts';
import type { Store } from '../../../src/usecases/ports/store.ts';
import { pagesRead } from './pages.ts';
import type { Size } from './rows.ts';

/** One of the two stores that are compared. */
export interface Side {
  readonly size: Size;
  readonly path: string;
  readonly store: Store;
  /** The reading half with nothing in its cache: what the operation takes from the file. */
  pagesOf(look: (reader: Reader) => Promise<unknown>): Promise<number>;
  /** The number of a request that was not given before; wraps round. `step` parts them. */
  nextNumber(): number;
  close(): Promise<void>;
}

/** Opens a filled store as the service does, and a connection of its own for counting pages. */
export async function openSide(path: string, size: Size): Promise<Side> {
  const store = await openSqliteStore({ path, clock: systemClock, log: silentLogger });
  const session = openReader(path, { busyMs: 1_000 });
  const reader = createReader(session);
  let drawn = 0;
  return {
    size,
    path,
    store,
    async pagesOf(look) {
      // Once ahead, so that the statement is prepared and the schema is read.
      await look(reader);
      session.database.exec('PRAGMA shrink_memory');
      return pagesRead(() => look(reader));
    },
    nextNumber() {
      drawn += 1;
      // A prime step walks over the whole store and meets each number once.
      return 1 + ((drawn * 7_368_787) % size.requests);
    },
    async close() {
      session.close();
      await store.close();
    },
  };
}

/** A new sortable id of now. */
export const newId = (prefix: string): string => systemIds.next(prefix, systemClock.now());
