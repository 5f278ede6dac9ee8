import { existsSync } from 'node:fs';
import { eventRecorder } from '../compose/event-recorder.ts';
import type { Config } from '../config/config.ts';
import { createKeys } from '../keys/keys.ts';
import type { Keys } from '../keys/keys.ts';
import { systemClock } from '../lib/clock.ts';
import { systemIds } from '../lib/ids.ts';
import { describeError, silentLogger } from '../lib/logger.ts';
import { openStore } from '../store/open-store.ts';
import type { Store } from '../usecases/ports/store.ts';
import type { RecordEvents } from '../usecases/record-events.ts';
import { EXIT } from './command.ts';
import type { CommandIo } from './command.ts';
import { readConfig } from './read-config.ts';

/** What a command of an administrator changes the configured store with. */
export interface Opened {
  readonly store: Store;
  readonly keys: Keys;
  readonly record: RecordEvents;
}

/**
 * Opens the configured store for an administrator's command, and closes it afterwards. Gives the
 * exit code of `work`; the reason of a failure goes to standard error.
 */
export async function onConfiguredStore(
  options: { config?: string },
  io: CommandIo,
  work: (opened: Opened) => Promise<number>,
): Promise<number> {
  const { config } = readConfig(options, io);
  try {
    checkExists(config);
    const store = await openStore(config.store, { clock: systemClock, log: silentLogger });
    try {
      const { secret } = config.signing;
      const keys = await createKeys({ store, secret, clock: systemClock });
      return await work({ store, keys, record: eventRecorder({ store, keys, ids: systemIds }) });
    } finally {
      await store.close();
    }
  } catch (error) {
    io.stderr(`Nothing was changed: ${describeError(error)}\n`);
    return EXIT.failed;
  }
}

/** Opening would create an empty database, in which a command of an administrator finds nothing. */
function checkExists({ store }: Config): void {
  if (store.kind !== 'sqlite' || existsSync(store.path)) return;
  throw new Error(`there is no database at ${store.path}; the service makes it at its first start`);
}
