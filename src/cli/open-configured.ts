import { existsSync } from 'node:fs';
import type { Config } from '../config/config.ts';
import { loadConfig } from '../compose/load-config.ts';
import { ConfigError, formatProblem } from '../config/problem.ts';
import { systemClock } from '../lib/clock.ts';
import { describeError, silentLogger } from '../lib/logger.ts';
import { openStore } from '../store/open-store.ts';
import type { Store } from '../usecases/ports/store.ts';
import { EXIT } from './command.ts';
import type { CommandIo } from './command.ts';
import { configPath } from './options.ts';

/**
 * Opens the configured store for an administrator's command, and closes it afterwards. Gives the
 * exit code; the reason of a failure goes to standard error.
 */
export async function onConfiguredStore(
  option: string | undefined,
  io: CommandIo,
  work: (given: { store: Store; config: Config }) => Promise<void>,
): Promise<number> {
  const path = configPath(option, io);
  try {
    const { config } = loadConfig({ path, env: io.env, profile: 'production' });
    checkExists(config);
    const store = await openStore(config.store, { clock: systemClock, log: silentLogger });
    try {
      await work({ store, config });
    } finally {
      await store.close();
    }
    return EXIT.done;
  } catch (error) {
    const lines =
      error instanceof ConfigError
        ? error.problems.map(formatProblem)
        : [`Nothing was changed: ${describeError(error)}`];
    for (const line of lines) io.stderr(`${line}\n`);
    return EXIT.failed;
  }
}

/** Opening would create an empty database, in which a command of an administrator finds nothing. */
function checkExists({ store }: Config): void {
  if (store.kind !== 'sqlite' || existsSync(store.path)) return;
  throw new Error(`there is no database at ${store.path}; the service makes it at its first start`);
}
