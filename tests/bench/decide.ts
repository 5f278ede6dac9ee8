import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from './bench.ts';
import { CLIENTS, SHOTS, contest, resultOf, rounded, shotsOf } from './contest.ts';
import { fire } from './load.ts';
import { approvedCard, decideShots, makePending, postedCards } from './shots.ts';
import { withStage } from './stage.ts';
import type { Stage } from './stage.ts';

/** How long the jobs that the run wrote are watched while they are carried out. */
const DRAIN_MS = 30_000;

/**
 * The complete decision against a stock adapter that answers the same invoke with a constant card
 * (the one that the service answered with, so the bytes out are the same too). Jobs are written in
 * the measured commits and held; the workers are let go after the last round.
 */
export const decide: Bench = {
  name: 'decide',
  goal: "ratio at least 2.0, p99 no worse than the baseline's",
  holds: ({ ratio, p99Ms, baselineP99Ms }) => ratio >= 2 && p99Ms <= baselineP99Ms,
  run: ({ profile }) =>
    withStage({ workers: 'held' }, async (stage) => {
      const { world, service, baseline } = stage;
      const origin = service.url;
      const count = 1 + SHOTS;
      const requests = await makePending(world, { origin, count, clients: CLIENTS });
      await service.child.ask('posted', postedCards(world, requests));
      const [probe, ...shots] = await decideShots(world, requests);
      const first = await fire({ origin, shots: probe ? [probe] : [], clients: 1, status: 200 });
      await baseline.child.ask('card', approvedCard(first.answers[0] ?? ''));
      const part = (round: number) => shotsOf(shots, round);
      const side = { status: 200, shots: part, check: approvedCard };
      if (profile !== undefined) await service.child.ask('profile');
      const result = resultOf(
        'decide',
        await contest({
          ours: { ...side, server: service },
          theirs: { ...side, server: baseline },
        }),
      );
      if (profile !== undefined) {
        await service.child.ask('profile', join(profile, 'decide.cpuprofile'));
      }
      return { ...result, ...(await drain(stage, count)) };
    }),
};

/** Lets the workers go and counts how many approved requests are carried out a second. */
async function drain({ world, service }: Stage, count: number): Promise<Record<string, number>> {
  const begun = performance.now();
  await service.child.ask('release');
  const elapsed = () => performance.now() - begun;
  while (world.target.applied() < count && elapsed() < DRAIN_MS) await sleep(50);
  const executed = world.target.applied();
  return { toExecute: count, executed, executedPerSecond: rounded(executed / (elapsed() / 1_000)) };
}
