import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '../../src/lib/logger.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import type { SqliteStoreOptions } from '../../src/store/sqlite/store.ts';
import type { Store } from '../../src/usecases/ports/store.ts';
import { T0 } from './build.ts';
import type { OpenedStore } from './describe-store.ts';

/** A new directory for a test's database; `remove` deletes it. */
export function temporaryPath(): { readonly path: string; remove(): void } {
  const directory = mkdtempSync(join(tmpdir(), 'countersign-store-'));
  return {
    path: join(directory, 'store.db'),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** An empty SQLite store in a new directory. */
export async function openSqlite(
  given: Partial<SqliteStoreOptions> = {},
): Promise<OpenedStore & { readonly path: string }> {
  const { path, remove } = temporaryPath();
  let now = T0;
  const clock = {
    now: () => now,
    set(ms: number) {
      now = ms;
    },
  };
  const opened: Store[] = [];
  const reopen = async () => {
    const store = await openSqliteStore({ path, clock, log: silentLogger, ...given });
    opened.push(store);
    return store;
  };
  return {
    path,
    clock,
    reopen,
    store: await reopen(),
    async cleanup() {
      await Promise.all(opened.map((store) => store.close()));
      remove();
    },
  };
}
