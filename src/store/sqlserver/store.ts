import type { Clock } from '../../lib/clock.ts';
import { systemIds } from '../../lib/ids.ts';
import type { Ids } from '../../lib/ids.ts';
import type { Store } from '../../usecases/ports/store.ts';
import { StoreError } from '../../usecases/ports/store-error.ts';
import { commit } from './commit.ts';
import { erasures } from './erase.ts';
import { migrate } from './migrate.ts';
import { openDatabase } from './open-database.ts';
import type { DatabaseOptions } from './open-database.ts';
import { createWrites } from './operations.ts';
import { CHECK } from './queries/housekeeping.ts';
import { UNFINISHED_TRANSFER } from './queries/transfer.ts';
import { createReader } from './reader.ts';
import type { Pool } from './pool.ts';

export interface SqlServerStoreOptions extends DatabaseOptions {
  readonly clock: Clock;
}

/**
 * Opens the SQL Server store, for production: migrates the schema if needed and checks that the
 * database is writable. Any number of replicas may open it. With the default time limits it succeeds
 * or fails within 10 s.
 *
 * @throws StoreError with a message that says what to do.
 */
export async function openSqlServerStore(options: SqlServerStoreOptions): Promise<Store> {
  const { clock, log, ids = systemIds } = options;
  return openDatabase(options, async (pool) => {
    const applied = await migrate(pool, { now: clock.now() });
    if (applied.length > 0) log.info('store migrated', { applied });
    await refuseUnfinished(pool);
    const store = storeOver(pool, { clock, ids });
    await store.check();
    return store;
  });
}

/**
 * Refuses an incomplete copy: the service would decide missing requests again.
 *
 * @throws StoreError `store_unfinished` while a copy into this database is unfinished.
 */
export async function refuseUnfinished(pool: Pool): Promise<void> {
  const [unfinished] = await pool.all(UNFINISHED_TRANSFER, {}, { repeat: 'twice' });
  if (unfinished === undefined) return;
  throw new StoreError(
    'store_unfinished',
    'The copy of another store into this database is unfinished: run ' +
      '`countersign migrate --from … --to …` again to its end, then start the service.',
  );
}

function storeOver(pool: Pool, { clock, ids }: { clock: Clock; ids: Ids }): Store {
  return {
    ...createReader(pool),
    ...createWrites(pool),
    ...erasures(pool),
    commit: (change) => commit(pool, change, ids),
    async check() {
      await pool.all(CHECK, { now: clock.now() }, { repeat: 'twice' });
    },
    close: () => pool.close(),
  };
}
