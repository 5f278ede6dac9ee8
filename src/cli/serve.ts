import { systemClock } from '../lib/clock.ts';
import { jsonLogger } from '../telemetry/json-logger.ts';
import { formatProblem } from '../config/problem.ts';
import { aborted } from '../lib/loop.ts';
import { defineCommand, EXIT } from './command.ts';
import { readConfig } from './read-config.ts';
import { configOption, jsonOption } from './options.ts';

/** After this time the process ends even if the stop is not complete. */
const STOP_MS = 30_000;

/** `countersign serve`: loads the configuration for production and runs the service. */
export const serve = defineCommand({
  options: (command) => command.addOption(configOption).addOption(jsonOption),
  notes:
    'Prints one JSON object when it listens; the log goes to standard error. PORT in the ' +
    'environment overrides server.port. Stops in order on SIGTERM and SIGINT.',
  async run({ options, io }) {
    const log = jsonLogger({ level: 'info', now: () => systemClock.now(), write: io.stderr });
    const { config, warnings } = readConfig(options, io);
    for (const warning of warnings) log.warn(formatProblem(warning));
    const { compose } = await import('../compose/compose.ts');
    const service = await compose(config, { log });
    const { url } = await service.start();
    const { publicUrl } = config.server;
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
  },
});
