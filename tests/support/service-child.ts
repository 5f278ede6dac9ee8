/**
 * The service in a child process that tests kill. It loads everything, sends `loaded`, starts at a
 * message of its parent and sends `started`. Its configuration is `CHILD_CONFIG` with the
 * environment of this process; `CHILD_LEASE_MS` is the lease of its jobs.
 */
import { flushCompileCache } from 'node:module';
import { compose } from '../../src/compose/compose.ts';
import type { Service } from '../../src/compose/lifecycle.ts';
import { loadConfig } from '../../src/compose/load-config.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { jsonLogger } from '../../src/telemetry/json-logger.ts';

const { CHILD_CONFIG = '', CHILD_LEASE_MS = '' } = process.env;
const log = jsonLogger({ level: 'error', now: () => systemClock.now() });
let service: Service | undefined;

async function start(): Promise<void> {
  const { config } = loadConfig({ path: CHILD_CONFIG, env: process.env, profile: 'local' });
  service = await compose(config, {
    log,
    ...(CHILD_LEASE_MS === '' ? {} : { jobLeaseMs: Number(CHILD_LEASE_MS) }),
  });
  await service.start();
  process.send?.('started');
}

function leave(): void {
  const stopped = service?.stop() ?? Promise.resolve();
  stopped.then(
    () => process.exit(0),
    () => process.exit(1),
  );
}

process.on('message', () => {
  start().catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exit(1);
  });
});
process.once('SIGTERM', leave);
// The parent has ended, and nobody else would stop this process.
process.once('disconnect', leave);
// A killed process could not save its compiled code for the next one.
flushCompileCache();
process.send?.('loaded');
