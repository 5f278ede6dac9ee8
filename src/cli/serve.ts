import { systemClock } from '../lib/clock.ts';
import { jsonLogger } from '../telemetry/json-logger.ts';
import { ConfigError, formatProblem } from '../config/problem.ts';
import { loadConfig } from '../compose/load-config.ts';
import { defineCommand, EXIT } from './command.ts';
import type { CommandIo } from './command.ts';
import { configOption, configPath, jsonOption } from './options.ts';

/** After this time the process ends even if the stop is not complete. */
const STOP_MS = 30_000;

/** `countersign serve`: loads the configuration for production and runs the service. */
export const serve = defineCommand({
  options: (command) => command.addOption(configOption).addOption(jsonOption),
  notes:
    'Prints one JSON object when it listens; the log goes to standard error. PORT in the ' +
    'environment overrides server.port. Stops in order on SIGTERM and SIGINT.',
  run: ({ options, io }) => runService(configPath(options.config, io), io),
});

async function runService(path: string, io: CommandIo): Promise<number> {
  const log = jsonLogger({ level: 'info', now: () => systemClock.now(), write: io.stderr });
  let loaded;
  try {
    loaded = loadConfig({ path, env: io.env, profile: 'production' });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const problem of error.problems) io.stderr(`${formatProblem(problem)}\n`);
    return EXIT.failed;
  }
  for (const warning of loaded.warnings) log.warn(formatProblem(warning));
  const { compose } = await import('../compose/compose.ts');
  const service = await compose(loaded.config, { log });
  const { url } = await service.start();
  const { publicUrl } = loaded.config.server;
  io.stdout(`${JSON.stringify({ event: 'listening', url, publicUrl })}\n`);
  await aborted(io.signal);
  log.info('stopping', { reason: String(io.signal?.reason ?? 'asked') });
  const late = setTimeout(() => {
    log.error('the stop timed out');
    process.exit(EXIT.failed);
  }, STOP_MS);
  await service.stop();
  clearTimeout(late);
  return EXIT.done;
}

function aborted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    signal?.addEventListener('abort', () => resolve(), { once: true });
  });
}
