import { loadConfig } from '../config/load-config.ts';
import { ConfigError, formatProblem } from '../config/problem.ts';
import { systemClock } from '../lib/clock.ts';
import { describeError, silentLogger } from '../lib/logger.ts';
import { openStore } from '../store/open-store.ts';
import { EXIT } from './command.ts';
import type { CommandIo } from './command.ts';
import { configPath, parseOptions } from './options.ts';

/**
 * `countersign migrate`: brings the schema of the configured store up to date and ends, for an
 * identity that may change it where the service's own may not. Exits with 1 where it cannot.
 */
export async function run(args: string[], io: CommandIo): Promise<number> {
  const { values } = parseOptions(args, {
    config: { type: 'string' }, json: { type: 'boolean', default: false },
  }, 0);
  const path = configPath(values.config, io);
  const applied: string[] = [];
  try {
    const { config } = loadConfig({ path, env: io.env, profile: 'production' });
    const info = (message: string, fields: Record<string, unknown> = {}) => {
      if (Array.isArray(fields['applied'])) applied.push(...fields['applied'].map(String));
      else silentLogger.info(message, fields);
    };
    const store = await openStore(config.store, {
      clock: systemClock, log: { ...silentLogger, info },
    });
    await store.close();
  } catch (error) {
    const told = error instanceof ConfigError
      ? error.problems.map(formatProblem)
      : [`The store was not migrated: ${describeError(error)}`];
    for (const line of told) io.stderr(`${line}\n`);
    return EXIT.failed;
  }
  if (values.json) io.stdout(`${JSON.stringify({ applied })}\n`);
  else if (applied.length === 0) io.stdout('The schema is up to date.\n');
  else io.stdout(`Applied ${applied.join(', ')}.\n`);
  return EXIT.done;
}
