import { SERVER, SKIPPED } from '../store/support/open-sqlserver.ts';
import { startCluster } from './campaign/cluster.ts';
import type { Cluster, ClusterOptions } from './campaign/cluster.ts';
import { ask, click, clickOn } from './campaign/people.ts';
import { APPROVERS, planSchedule } from './campaign/plan.ts';
import { playMany, playSchedules } from './campaign/run.ts';
import type { Report } from './campaign/run.ts';
import { isQuiet, isSettled, judge } from './campaign/verdict.ts';
import { eventually } from '../../src/local/find.ts';

// Real processes behind a load balancer: short versions of `npm run faults`. On a slow test server
// a connection alone takes seconds.
const ENGINES = SERVER === '' ? (['sqlite'] as const) : (['sqlite', 'sqlserver'] as const);
const SEED = 20_261_122;
const CLICKS = 500;
const ROOMS = 40;
/** At most one call over the rate limit for this many requests, of at least three calls each. */
const MOST_OUT_OF_TURN = 8;
const SIZE = { sqlite: 80, sqlserver: 40 };
const SECONDS = { sqlite: 6, sqlserver: 15 };
const PATIENCE_MS = { sqlite: 120_000, sqlserver: 200_000 };
const TEST_MS = { sqlite: 400_000, sqlserver: 600_000 };
/** Short enough for a test to wait for; production's is longer. */
const LEASE_MS = { sqlite: 2_000, sqlserver: 15_000 };

let cluster: Cluster;
const started = async (options: Omit<ClusterOptions, 'leaseMs'>) => {
  cluster = await startCluster({ ...options, leaseMs: LEASE_MS[options.store] });
};
const clean = (report: Report) => {
  const { lost, doubled, unsettled } = report;
  expect({ lost, doubled, unsettled }).toEqual({ lost: [], doubled: [], unsettled: [] });
};
const errors = () => cluster.replicas.map(({ process }) => process.errors()).join('');
const log = () => undefined;

test('the same seed gives the same schedules, another seed gives others', () => {
  const options = { seed: SEED, replicas: 3, rooms: ROOMS, lines: true };
  const schedules = (seed: number) =>
    Array.from({ length: 50 }, (_, at) => planSchedule(at, { ...options, seed }));
  expect(schedules(SEED)).toEqual(schedules(SEED));
  expect(schedules(SEED)).not.toEqual(schedules(SEED + 1));
  const kinds = new Set(schedules(SEED).flatMap(({ faults }) => faults.map(({ kind }) => kind)));
  expect(kinds).toEqual(new Set(['kill', 'pause', 'line', 'teams', 'target']));
});

if (SERVER === '') {
  test('warns that replicas are not tested on SQL Server', () => {
    console.warn(SKIPPED);
    expect(SKIPPED).toContain('COUNTERSIGN_TEST_SQLSERVER');
  });
}

describe.each(ENGINES)('replicas on %s', (store) => {
  afterEach(() => cluster?.stop(), 60_000);

  test(
    `of ${CLICKS} concurrent approvals and denials one decides, all are answered, one is executed`,
    async () => {
      await started({ replicas: 3, rooms: 1, store });
      const { id, number } = await ask(cluster, { room: 0, target: 'deploy', key: 'contested' });
      const copy = await eventually('the card', () => cluster.board.copies(number)[0]);
      const activities = await Promise.all(
        Array.from({ length: CLICKS }, (_, at) =>
          clickOn(cluster, {
            copy,
            key: `click-${at}`,
            verb: at % 2 === 0 ? 'approve' : 'deny',
            by: APPROVERS[(at >> 1) % APPROVERS.length] ?? 'amara',
          }),
        ),
      );
      const answers = await Promise.all(activities.map((activity) => click(cluster, activity)));
      await eventually('quiet', () => isQuiet(cluster), PATIENCE_MS[store]);
      await eventually(
        'all events sealed',
        async () => (await cluster.store.unsealedEvents(1)).length === 0,
        PATIENCE_MS[store],
      );
      const request = await cluster.store.loadRequest(id);
      if (!request) throw new Error('the request is gone');
      expect(request.decisions).toHaveLength(1);
      expect(cluster.board.copies(number).map((one) => isSettled(one, request))).toEqual([true]);
      expect(cluster.world.target.deliveries).toHaveLength(request.state === 'applied' ? 1 : 0);
      const findings = await judge(cluster, [{ id, number, target: 'deploy', answers }]);
      expect(findings).toEqual({ lost: [], doubled: [], unsettled: [] });
      expect(answers).toHaveLength(CLICKS);
      // Other clicks are answered with a sentence, or the card that names who decided.
      const name = request.decisions[0]?.approver.name ?? '';
      expect(answers.filter(({ kind, text }) => kind === 'card' && !text.includes(name))).toEqual(
        [],
      );
      if (store === 'sqlite') expect(errors()).toBe('');
    },
    TEST_MS[store],
  );

  test(
    `settles ${SIZE[store]} requests over ${ROOMS} channels while 4 processes are killed in turn`,
    async () => {
      await started({ replicas: 4, rooms: ROOMS, store });
      const plan = { seed: SEED, replicas: 4, rooms: ROOMS, lines: false };
      const report = await playMany(cluster, {
        plan,
        patienceMs: PATIENCE_MS[store],
        log,
        requests: SIZE[store],
        atOnce: 16,
      });
      clean(report);
      expect(report.decisions).toBe(SIZE[store]);
      expect(report.kills).toBeGreaterThan(0);
      // Turns do not overlap (tests/unit/teams/throttled-client.test.ts); delayed calls may.
      expect(cluster.refusedForRate()).toBeLessThan(SIZE[store] / MOST_OUT_OF_TURN);
    },
    TEST_MS[store],
  );

  test(
    'loses and doubles nothing under the kills, pauses, races and faults of a seed',
    async () => {
      await started({ replicas: 3, rooms: 8, store });
      const plan = { seed: SEED, replicas: 3, rooms: 8, lines: store === 'sqlserver' };
      const report = await playSchedules(cluster, {
        plan,
        patienceMs: PATIENCE_MS[store],
        log,
        seconds: SECONDS[store],
      });
      clean(report);
      expect(report.decisions).toBeGreaterThan(0);
    },
    TEST_MS[store],
  );
});
