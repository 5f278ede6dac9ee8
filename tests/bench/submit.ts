import { join } from 'node:path';
import { jsonOr } from '../../src/lib/strict-json.ts';
import type { Bench } from './bench.ts';
import { EMPTY_INVOKE, contest, requestsOf, resultOf, shotsOf } from './contest.ts';
import { fire } from './load.ts';
import { approvedCard, decideShots, makePending, submitShots } from './shots.ts';
import { withStage } from './stage.ts';

const SIZE = { warmUp: 4_000, round: 400 };

/** `POST /v1/requests` with a new token and Idempotency-Key each, compared with that adapter. */
export const submit: Bench = {
  name: 'submit',
  goal: 'ratio at least 2.0',
  holds: ({ ratio }) => ratio >= 2,
  run: ({ profile }) =>
    withStage({ workers: 'held' }, async ({ world, service, baseline }) => {
      const origin = service.url;
      const shots = await submitShots(world, requestsOf(SIZE));
      // The baseline answers clicks on one request, because it stores nothing.
      const [request] = await makePending(world, { origin, count: 1, clients: 1 });
      const clicks = await decideShots(
        world,
        Array.from({ length: SIZE.warmUp }, () => request ?? never()),
      );
      const first = await fire({ origin, shots: clicks.slice(0, 1), clients: 1, status: 200 });
      await baseline.child.ask('card', approvedCard(first.answers[0] ?? ''));
      if (profile !== undefined) await service.child.ask('profile');
      const fought = await contest({
        ours: {
          server: service,
          status: 201,
          check: isPending,
          shots: (round) => shotsOf(shots, { size: SIZE, round }),
        },
        theirs: {
          server: baseline,
          status: 200,
          check: approvedCard,
          shots: (round) => clicks.slice(0, round < 0 ? SIZE.warmUp : SIZE.round),
        },
      });
      if (profile !== undefined) {
        await service.child.ask('profile', join(profile, 'submit.cpuprofile'));
      }
      return resultOf('submit', { ...fought, baseline: EMPTY_INVOKE });
    }),
};

function isPending(answer: string): void {
  const { state, id } = jsonOr(JSON.parse(answer));
  if (state !== 'pending' || typeof id !== 'string') {
    throw new Error(`a submission was answered with ${answer.slice(0, 300)}`);
  }
}

function never(): never {
  throw new Error('no request was made');
}
