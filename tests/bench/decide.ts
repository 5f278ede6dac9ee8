import { contest, resultOf, rounded } from './contest.ts';
import type { Result } from './contest.ts';
import type { Bench } from './bench.ts';
import { approvedCard, decideShots, makePending } from './shots.ts';
import { withStage } from './stage.ts';

const WARM_UP = 1_000;
const ROUND = 1_500;
const ROUNDS = 5;
const PREPARE_CLIENTS = 16;
/** How long the jobs that the run wrote may take to be carried out. */
const DRAIN_WITHIN_MS = 60_000;

/**
 * The complete decision against a stock adapter that answers the same invoke with a constant card.
 * Jobs are written in the measured commits; the workers are let go after the last round.
 */
export const decide: Bench = {
  name: 'decide',
  goal: 'ratio at least 2.0, p99 no worse than the baseline\'s',
  run: (options) => withStage({ workers: 'held' }, async (stage) => {
    const { world, service, baseline } = stage;
    const count = WARM_UP + ROUNDS * ROUND;
    const requests = await makePending(world, {
      origin: service.url, count, clients: PREPARE_CLIENTS,
    });
    const shots = await decideShots(world, requests);
    const part = (round: number) => round < 0
      ? shots.slice(0, WARM_UP)
      : shots.slice(WARM_UP + round * ROUND, WARM_UP + (round + 1) * ROUND);
    const [probe] = await decideShots(world, await makePending(world, {
      origin: service.url, count: 1, clients: 1,
    }));
    const card = approvedCard(await once(service.url, probe));
    await baseline.child.ask('card', card);
    if (options.profile) await service.child.ask('profile');
    const result = resultOf('decide', await contest({
      ours: { origin: service.url, status: 200, shots: part, check: approvedCard },
      theirs: { origin: baseline.url, status: 200, shots: part, check: approvedCard },
    }, ROUNDS));
    if (options.profile) await service.child.ask('profile', options.profile);
    return { ...result, ...await drain(stage) };
  }),
};
