import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { promisify } from 'node:util';
import { request } from 'undici';
import type { Bench } from './bench.ts';
import { startChild } from './child.ts';
import { rounded } from './contest.ts';
import { median, quantile } from './load.ts';
import { canPin } from './machine.ts';
import { SERVER_CORE } from './stage.ts';
import { startWorld } from './world.ts';
import type { World } from './world.ts';

const ROUNDS = 7;
const LOAD_ONLY = 'import("botbuilder").then(() => process.exit(0))';
const run = promisify(execFile);

const FIRST_ROUNDS = 3;

/**
 * The time from the start of the process to the first answer of `/healthz`: reads and checks the
 * configuration, opens the store, creates or reads the keys, listens. Each start has a new
 * database. The baseline is a Node process that only loads botbuilder. Both use the compiled code
 * of an earlier start, which `countersign` keeps and a container image contains; `firstMs` is a
 * start without it.
 */
export const start: Bench = {
  name: 'start',
  goal: 'every start under 2 s',
  holds: ({ p99Ms }) => p99Ms < 2_000,
  async run() {
    const world = await startWorld();
    const ours: number[] = [];
    const theirs: number[] = [];
    const first: number[] = [];
    const kept = await mkdtemp(join(tmpdir(), 'countersign-compiled-'));
    const env = { NODE_COMPILE_CACHE: kept };
    try {
      // One start of each first, so that all files are in the page cache.
      for (let round = -1; round < ROUNDS; round += 1) {
        const mine = await serviceStart(world, env);
        const other = await bareStart(env);
        if (round < 0) continue;
        ours.push(mine);
        theirs.push(other);
      }
      for (let round = 0; round < FIRST_ROUNDS; round += 1) {
        first.push(await serviceStart(world, { NODE_DISABLE_COMPILE_CACHE: '1' }));
      }
    } finally {
      await world.stop();
      await rm(kept, { recursive: true, force: true });
    }
    const [mine, other] = [ours, theirs].map((times) => [...times].sort((one, two) => one - two));
    return {
      name: 'start',
      ratio: rounded(median(theirs) / median(ours)),
      baseline: 'node -e import("botbuilder")',
      p50Ms: rounded(median(ours)),
      p99Ms: rounded(quantile(mine ?? [], 0.99)),
      baselineP99Ms: rounded(quantile(other ?? [], 0.99)),
      baselineP50Ms: rounded(median(theirs)),
      measured: ROUNDS,
      firstMs: rounded(median(first)),
    };
  },
};

type Env = Readonly<Record<string, string>>;

async function serviceStart(world: World, cache: Env): Promise<number> {
  const home = await mkdtemp(join(tmpdir(), 'countersign-bench-'));
  const env = await world.serviceEnv(home);
  const begun = performance.now();
  const child = startChild({
    script: './service-process.ts',
    core: SERVER_CORE,
    env: cache,
  });
  try {
    const url = String(await child.ask('start', { env, workers: 'running' }));
    const { statusCode, body } = await request(`${url}/healthz`);
    const elapsed = performance.now() - begun;
    await body.dump();
    if (statusCode !== 200) throw new Error(`/healthz answered ${statusCode}`);
    return elapsed;
  } finally {
    await child.stop();
    await rm(home, { recursive: true, force: true });
  }
}

async function bareStart(cache: Env): Promise<number> {
  const node = [process.execPath, '-e', LOAD_ONLY];
  const [command = '', ...args] = canPin() ? ['taskset', '-c', String(SERVER_CORE), ...node] : node;
  const begun = performance.now();
  await run(command, args, {
    cwd: import.meta.dirname,
    timeout: 30_000,
    env: { ...process.env, ...cache },
  });
  return performance.now() - begun;
}
