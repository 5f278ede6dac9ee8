import type { Bench } from './bench.ts';
import { CLIENTS, rounded } from './contest.ts';
import { fire, quantile } from './load.ts';
import type { MemoryUse } from './service-process.ts';
import { approvedCard, decideShots, makePending } from './shots.ts';
import { withStage } from './stage.ts';
import type { Stage } from './stage.ts';

const FIRST = 1_000;
const ALL = 10_000;
const PORTION = 1_000;

/**
 * Heap and external memory of the service after a forced garbage collection: after 10,000 requests
 * and decisions compared with after 1,000, with running workers.
 */
export const memory: Bench = {
  name: 'memory',
  goal: 'at most 1.1 times',
  holds: ({ ratio }) => ratio <= 1.1,
  run: () =>
    withStage({ workers: 'running', serviceNode: ['--expose-gc'] }, async (stage) => {
      const latencies: number[] = [];
      const uses: number[] = [];
      for (let decided = PORTION; decided <= ALL; decided += PORTION) {
        latencies.push(...(await decideSome(stage, PORTION)));
        uses.push(await bytesInUse(stage));
      }
      const [first = NaN] = uses.slice(FIRST / PORTION - 1);
      const last = uses.at(-1) ?? NaN;
      latencies.sort((one, other) => one - other);
      return {
        name: 'memory',
        ratio: rounded(last / first),
        baseline: `the same process after ${FIRST} decisions`,
        p50Ms: rounded(quantile(latencies, 0.5)),
        p99Ms: rounded(quantile(latencies, 0.99)),
        baselineP99Ms: rounded(quantile(latencies, 0.99)),
        megabytes: uses.map((bytes) => rounded(bytes / 2 ** 20)),
        measured: ALL,
      };
    }),
};

async function decideSome({ world, service }: Stage, count: number): Promise<readonly number[]> {
  const origin = service.url;
  const requests = await makePending(world, { origin, count, clients: CLIENTS });
  const shots = await decideShots(world, requests);
  const { answers, latenciesMs } = await fire({ origin, shots, clients: CLIENTS, status: 200 });
  answers.forEach((answer) => approvedCard(answer));
  return latenciesMs;
}

async function bytesInUse({ service }: Stage): Promise<number> {
  const { heapUsed, external } = (await service.child.ask('memory')) as MemoryUse;
  return heapUsed + external;
}
