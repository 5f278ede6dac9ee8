import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startChild } from './child.ts';
import type { Child } from './child.ts';
import type { ServiceInput } from './service-process.ts';
import { startWorld } from './world.ts';
import type { World } from './world.ts';

/** The core that servers are held on; whatever sends to them has the other one. */
export const SERVER_CORE = 0;
export const LOAD_CORE = 1;

/** Everything that runs for a benchmark. */
export interface Stage {
  readonly world: World;
  readonly service: { readonly url: string; readonly child: Child };
  readonly baseline: { readonly url: string; readonly child: Child };
}

/** Runs `play` with service and baseline in processes of their own; stops all of it afterwards. */
export async function withStage<Value>(
  options: { workers: ServiceInput['workers']; serviceNode?: readonly string[] },
  play: (stage: Stage) => Promise<Value>,
): Promise<Value> {
  const home = await mkdtemp(join(tmpdir(), 'countersign-bench-'));
  const stops: (() => Promise<void>)[] = [() => rm(home, { recursive: true, force: true })];
  try {
    const world = await startWorld();
    stops.push(() => world.stop());
    const child = startChild({
      script: './service-process.ts',
      core: SERVER_CORE,
      nodeOptions: options.serviceNode ?? [],
    });
    stops.push(() => child.stop());
    const input: ServiceInput = { env: await world.serviceEnv(home), workers: options.workers };
    const service = { child, url: String(await child.ask('start', input)) };
    await world.connector.install();
    const other = startChild({ script: './baseline-process.ts', core: SERVER_CORE });
    stops.push(() => other.stop());
    const baseline = { child: other, url: String(await other.ask('start', world.baseline)) };
    return await play({ world, service, baseline });
  } finally {
    for (const undo of stops.reverse()) await undo();
  }
}
