import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startChild } from './child.ts';
import type { Child } from './child.ts';
import type { SameJobInput } from './same-job/process.ts';
import type { ServiceInput } from './service-process.ts';
import { startWorld } from './world.ts';
import type { World } from './world.ts';

/** The core of the servers; the load generator has the other one. */
export const SERVER_CORE = 0;
export const LOAD_CORE = 1;

/** The processes of a benchmark. */
export interface Stage {
  readonly world: World;
  readonly service: { readonly url: string; readonly child: Child };
  readonly baseline: { readonly url: string; readonly child: Child };
  /** The same job from stock parts; started at its first use. */
  sameJob(): Promise<{ readonly url: string; readonly child: Child }>;
}

/** Runs `play` with service and baseline in child processes, and stops them afterwards. */
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
    const baseline = { child: other, url: String(await other.ask('start', world.stockBot)) };
    const sameJob = async () => {
      const third = startChild({ script: './same-job/process.ts', core: SERVER_CORE });
      stops.push(() => third.stop());
      const people = await signers(world);
      const given: SameJobInput = { ...world.stockBot, home, people };
      return { child: third, url: String(await third.ask('start', given)) };
    };
    return await play({ world, service, baseline, sameJob });
  } finally {
    for (const undo of stops.reverse()) await undo();
  }
}

/** The issuer of the tokens of people, from its discovery document. */
async function signers({ provider, stockBot }: World): Promise<SameJobInput['people']> {
  const { issuer } = provider;
  const response = await fetch(`${issuer}/.well-known/openid-configuration`);
  const { jwks_uri: jwksUri } = (await response.json()) as { jwks_uri: string };
  return { issuer, audience: stockBot.appId, jwksUri, role: 'approver' };
}
