import { StoreError } from '../../usecases/ports/store-error.ts';
import type { ReadOnlyStore } from '../reader.ts';
import type { Connection } from './connection.ts';
import { toStoreError } from './errors.ts';
import { pendingMigrations } from './migrate.ts';
import { openUnwritable } from './open-unwritable.ts';
import { createReader } from './reader.ts';

/**
 * Opens an existing file read-only; no right to write it or its folder is needed. Closes it if
 * `use` fails; otherwise the caller closes it.
 *
 * @throws StoreError with a message that names the file.
 */
export async function openFile<Found>(
  path: string,
  use: (store: ReadOnlyStore) => Promise<Found>,
): Promise<Found> {
  let connection: Connection | undefined;
  try {
    const opened = openUnwritable(path, { busyMs: 1_000 });
    connection = opened;
    return await use({
      ...createReader(opened),
      pendingMigrations: async () => pendingMigrations(opened),
      // Only SQL Server is the target of a copy.
      refuseUnfinished: () => Promise.resolve(),
      close: async () => opened.close(),
    });
  } catch (error) {
    connection?.close();
    const { code, message, cause } = toStoreError(error);
    throw new StoreError(code, `${message} (${path})`, { cause });
  }
}
