import type { Config } from '../config/config.ts';
import type { StoredKey } from '../usecases/ports/key-store.ts';
import { openReadOnly } from './open-read-only.ts';
import type { ReadOnlyOptions } from './open-read-only.ts';

/** A store that is open for inspection, and what it lacks. */
export interface StoreInspection {
  /** Migrations that the next start (or `countersign migrate`) would apply. */
  readonly missing: readonly string[];
  /** The stored keys of a purpose; none while migrations are missing. */
  listKeys(purpose: string): Promise<readonly StoredKey[]>;
  close(): Promise<void>;
}

/**
 * Opens the configured store read-only, and says what it lacks.
 *
 * @throws StoreError with a message that says what to do.
 */
export async function inspectStore(
  config: Config['store'],
  options: ReadOnlyOptions,
): Promise<StoreInspection> {
  return openReadOnly(config, options, async (store) => {
    const missing = (await store.pendingMigrations()).map(({ name }) => name);
    // A start refuses it too. Without its tables no copy can have begun.
    if (missing.length === 0) await store.refuseUnfinished();
    const { close, listKeys } = store;
    return { missing, listKeys: missing.length === 0 ? listKeys : async () => [], close };
  });
}
