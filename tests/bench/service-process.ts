/** The service in a child process, controlled by the benchmark over IPC. */
import { writeFile } from 'node:fs/promises';
import { Session } from 'node:inspector/promises';
import { fileURLToPath } from 'node:url';
import { compose } from '../../src/compose/compose.ts';
import type { Service } from '../../src/compose/lifecycle.ts';
import { loadConfig } from '../../src/compose/load-config.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { systemIds } from '../../src/lib/ids.ts';
import { jsonLogger } from '../../src/telemetry/json-logger.ts';
import { serveParent } from './child.ts';

/** Parameters of `start`: the environment of the local configuration, and whether jobs may run. */
export interface ServiceInput {
  readonly env: Readonly<Record<string, string>>;
  readonly workers: 'running' | 'held';
}

/** The result of `memory` in bytes, after a forced garbage collection. */
export interface MemoryUse {
  readonly heapUsed: number;
  readonly external: number;
}

/** A request, and the message of its card. */
export interface PostedCard {
  readonly requestId: string;
  readonly conversationId: string;
  readonly serviceUrl: string;
  readonly activityId: string;
}

const SETTLE_MS = 200;
const AT_ONCE = 200;

let service: Service | undefined;
let inspector: Session | undefined;

async function start({ env, workers }: ServiceInput): Promise<string> {
  const path = fileURLToPath(new URL('../../src/local/countersign.yaml', import.meta.url));
  const { config } = await loadConfig({ path, env: { ...env }, profile: 'local' });
  const log = jsonLogger({ level: 'error', now: systemClock.now });
  service = await compose(config, { workers, log });
  return (await service.start()).url;
}

/**
 * Stores these cards as posted, as the workers would. The channel's rate limit does not allow to
 * post thousands of cards before a run.
 */
async function posted(cards: readonly PostedCard[]): Promise<void> {
  const store = running().store;
  const post = async ({ requestId, ...place }: PostedCard) => {
    const now = systemClock.now();
    const card = (await store.loadWithCards(requestId))?.cards[0];
    if (card === undefined) throw new Error(`request ${requestId} has no card`);
    await store.commit({
      id: systemIds.next('chg', now),
      at: now,
      cards: [{ ...card, ...place, state: 'posted', postedRevision: 1 }],
    });
  };
  for (let at = 0; at < cards.length; at += AT_ONCE) {
    await Promise.all(cards.slice(at, at + AT_ONCE).map(post));
  }
  for (;;) {
    const now = systemClock.now();
    const jobs = await store.leaseJobs({ limit: AT_ONCE, leaseMs: 60_000, now });
    if (jobs.length === 0) return;
    await Promise.all(jobs.map(({ key, fence }) => store.ackJob({ key, fence })));
  }
}

function running(): Service {
  if (service === undefined) throw new Error('the service was not started');
  return service;
}

async function memory(): Promise<MemoryUse> {
  if (globalThis.gc === undefined) throw new Error('start with --expose-gc');
  // Ended operations release their buffers in later turns of the event loop.
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

serveParent(
  {
    start: (input) => start(input as ServiceInput),
    release: () => running().release(),
    posted: (input) => posted(input as readonly PostedCard[]),
    memory,
    profile,
  },
  async () => {
    await service?.stop();
  },
);
