import { rm } from 'node:fs/promises';
import { isInUse } from '../store/sqlite/in-use.ts';

/** The database belongs to a Countersign that runs: it must not be taken away. */
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
 * @throws StoreInUse where a process has it open; Node's own errors where it cannot be removed.
 */
export async function removeStore(path: string): Promise<void> {
  if (isInUse(path)) throw new StoreInUse(path);
  await Promise.all(['', '-wal', '-shm'].map((end) => rm(path + end, { force: true })));
}
