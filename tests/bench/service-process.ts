/** The service in a process of its own, driven by the benchmark over IPC. */
import { writeFile } from 'node:fs/promises';
import { Session } from 'node:inspector/promises';
import { fileURLToPath } from 'node:url';
import { compose } from '../../src/compose.ts';
import type { Service } from '../../src/compose.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { jsonLogger } from '../../src/lib/logger.ts';
import { serveParent } from './child.ts';

/** What `start` takes: the environment of the local configuration, and whether jobs may run. */
export interface ServiceInput {
  readonly env: Readonly<Record<string, string>>;
  readonly workers: 'running' | 'held';
}

/** What `memory` answers, in bytes, after a forced collection. */
export interface MemoryUse {
  readonly heapUsed: number;
  readonly external: number;
}

const SETTLE_MS = 200;

let service: Service | undefined;
let inspector: Session | undefined;

async function start({ env, workers }: ServiceInput): Promise<string> {
  const path = fileURLToPath(new URL('../../src/local/countersign.yaml', import.meta.url));
  const { config } = await loadConfig({ path, env: { ...env }, profile: 'local' });
  const log = jsonLogger({ level: 'error', now: systemClock.now });
  service = await compose(config, { workers, log });
  return (await service.start()).url;
}

async function memory(): Promise<MemoryUse> {
  if (globalThis.gc === undefined) throw new Error('start with --expose-gc');
  // What ended a moment ago lets go of its buffers in later turns of the event loop.
  for (let round = 0; round < 5; round += 1) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  }
  const { heapUsed, external } = process.memoryUsage();
  return { heapUsed, external };
}

async function profile(file: unknown): Promise<void> {
  if (inspector === undefined) {
    inspector = new Session();
    inspector.connect();
    await inspector.post('Profiler.enable');
    await inspector.post('Profiler.setSamplingInterval', { interval: 200 });
    await inspector.post('Profiler.start');
    return;
  }
  const { profile: samples } = await inspector.post('Profiler.stop');
  inspector.disconnect();
  inspector = undefined;
  await writeFile(String(file), JSON.stringify(samples));
}

serveParent({
  start: (input) => start(input as ServiceInput),
  release: () => service?.release(),
  jobs: () => service?.store.countJobs(),
  memory,
  profile,
}, async () => {
  await service?.stop();
});
