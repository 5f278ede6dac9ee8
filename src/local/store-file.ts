import { rm } from 'node:fs/promises';
import { isInUse } from '../store/sqlite/in-use.ts';

/** A running Countersign uses the database, so it must not be removed. */
export class StoreInUse extends Error {
  constructor(path: string) {
    super(
      `${path} is in use by another Countersign: ` +
        'stop it, or set COUNTERSIGN_HOME to another folder.',
    );
    this.name = 'StoreInUse';
  }
}

/**
 * Removes the database of an earlier start, so that the next one is new.
 *
 * @throws StoreInUse when a process has it open; errors of Node when it cannot be removed.
 */
export async function removeStore(path: string): Promise<void> {
  if (isInUse(path)) throw new StoreInUse(path);
  await Promise.all(['', '-wal', '-shm'].map((end) => rm(path + end, { force: true })));
}
