import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from './bench.ts';
import { CLIENTS, contest, ratiosOf, requestsOf, resultOf, rounded, shotsOf } from './contest.ts';
import type { Side, Size } from './contest.ts';
import { fire, median, quantile } from './load.ts';
import type { Shot } from './load.ts';
import type { Asked } from './same-job/store.ts';
import { approvedCard, decideShots, makePending, postedCards } from './shots.ts';
import type { Pending } from './shots.ts';
import { withStage } from './stage.ts';
import type { Stage } from './stage.ts';

/** How long to count the execution of the jobs of the run. */
const DRAIN_MS = 30_000;

const SAME_JOB =
  'the same job from CloudAdapter, jsonwebtoken + jwks-rsa, node:sqlite and Template.expand';
/** The default number of requests of the warm-up. */
const WARM_UP = 20_000;
/** Clicks a second in the latency measurement: the limit of Teams for one tenant. */
const PACE = 50;

/**
 * The complete decision compared with the same job from stock parts, and with a stock adapter that
 * answers the same invoke with a constant card (the card of the service's answer). The measured
 * commits write jobs, which start after the last round. Latencies are measured with clicks at a
 * constant rate.
 */
export const decide: Bench = {
  name: 'decide',
  goal: 'ratio at least 3.0, p99 of a click at 50 a second at most 25 ms',
  holds: ({ ratio, p99Ms }) => ratio >= 3 && p99Ms <= 25,
  run: ({ profile, requests: warmUp = WARM_UP }) =>
    withStage({ workers: 'held' }, async (stage) => {
      const size = { warmUp, round: Math.ceil(warmUp / 50) };
      const pacedCount = Math.ceil(warmUp / 13);
      const count = 1 + requestsOf(size) + pacedCount;
      const { shots, sides } = await prepare(stage, { count, size });
      const paced = shots.slice(-pacedCount);
      if (profile !== undefined) await stage.service.child.ask('profile');
      const { ours, sameJob, empty } = await contest(sides);
      if (profile !== undefined) {
        await stage.service.child.ask('profile', join(profile, 'decide.cpuprofile'));
      }
      const closed = resultOf('decide', { ours, theirs: sameJob, baseline: SAME_JOB });
      const mine = await atPace(sides.ours, paced);
      const other = await atPace(sides.sameJob, paced);
      return {
        ...closed,
        emptyRatio: rounded(median(ratiosOf(ours, empty))),
        emptyPerSecond: Math.round(median(empty.map(({ perSecond }) => perSecond))),
        p50Ms: mine.p50Ms,
        p99Ms: mine.p99Ms,
        baselineP50Ms: other.p50Ms,
        baselineP99Ms: other.p99Ms,
        closedP99Ms: closed.p99Ms,
        baselineClosedP99Ms: closed.baselineP99Ms,
        warmUp,
        ...(await drain(stage, count)),
      };
    }),
};

/** Creates the requests on every side, and the clicks that decide them. */
async function prepare(
  { world, service, baseline, sameJob }: Stage,
  { count, size }: { count: number; size: Size },
) {
  const origin = service.url;
  const requests = await makePending(world, { origin, count, clients: CLIENTS });
  await service.child.ask('posted', postedCards(world, requests));
  const stock = await sameJob();
  await stock.child.ask('requests', requests.map(asStored));
  const [probe, ...shots] = await decideShots(world, requests);
  const first = await fire({ origin, shots: probe ? [probe] : [], clients: 1, status: 200 });
  await baseline.child.ask('card', approvedCard(first.answers[0] ?? ''));
  const side = {
    status: 200,
    shots: (round: number) => shotsOf(shots, { size, round }),
    check: approvedCard,
  };
  const sides = {
    ours: { ...side, server: service },
    sameJob: { ...side, server: stock },
    empty: { ...side, server: baseline },
  };
  return { shots, sides };
}

/** A request as stored by the stock parts, with the content of its card. */
function asStored({ id, version, digest }: Pending, index: number): Asked {
  return {
    id,
    version,
    digest,
    title: 'Deploy to production',
    requester: 'contoso/checkout',
    fields: {
      Service: 'checkout',
      Version: `4.${index}.0`,
      'Change window': '1 hour',
      Reason: 'Fixes the rounding of refunds in the checkout of three countries',
    },
  };
}

async function atPace({ server, status, check }: Side, shots: readonly Shot[]) {
  const { latenciesMs, answers } = await fire({
    origin: server.url,
    status,
    shots,
    clients: PACE,
    everyMs: 1_000 / PACE,
  });
  answers.forEach(check);
  return {
    p50Ms: rounded(quantile(latenciesMs, 0.5)),
    p99Ms: rounded(quantile(latenciesMs, 0.99)),
  };
}

/** Starts the workers and counts executed requests a second. */
async function drain({ world, service }: Stage, count: number): Promise<Record<string, number>> {
  const begun = performance.now();
  await service.child.ask('release');
  const elapsed = () => performance.now() - begun;
  while (world.target.applied() < count && elapsed() < DRAIN_MS) await sleep(50);
  const executed = world.target.applied();
  return { toExecute: count, executed, executedPerSecond: rounded(executed / (elapsed() / 1_000)) };
}
