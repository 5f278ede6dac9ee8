import { SERVER, SKIPPED } from '../store/support/open-sqlserver.ts';
import { startCluster } from './campaign/cluster.ts';
import type { Cluster } from './campaign/cluster.ts';
import { ask, click, clickOn } from './campaign/people.ts';
import { isQuiet, judge } from './campaign/verdict.ts';
import type { Tracked } from './campaign/verdict.ts';
import { eventually } from '../../src/local/find.ts';

// Real processes and one channel: every card is posted and settles, within Teams' rate limits.
const ENGINES = SERVER === '' ? (['sqlite'] as const) : (['sqlite', 'sqlserver'] as const);
const REQUESTS = 60;
/** The kill comes when the channel shows this many cards. */
const POSTED_AT_KILL = 12;
/** Short, so that another process soon leases the jobs of a killed one. */
const LEASE_MS = { sqlite: 2_000, sqlserver: 15_000 };
const PATIENCE_MS = { sqlite: 120_000, sqlserver: 200_000 };

if (SERVER === '') {
  test('warns that throttling is not tested on SQL Server', () => {
    console.warn(SKIPPED);
    expect(SKIPPED).toContain('COUNTERSIGN_TEST_SQLSERVER');
  });
}

let cluster: Cluster;
afterEach(() => cluster?.stop(), 60_000);

describe.each(ENGINES)('throttling on %s', (store) => {
  const within = <Found>(what: string, look: () => Found | Promise<Found>) =>
    eventually(what, look, PATIENCE_MS[store]);

  test.each([
    [1, 'none'],
    [2, 'one'],
    [3, 'one'],
  ])(
    `posts and settles ${REQUESTS} requests at once into one channel, processes: %i, killed: %s`,
    async (replicas, killed) => {
      cluster = await startCluster({ replicas, rooms: 1, store, leaseMs: LEASE_MS[store] });
      const { board, world } = cluster;
      const asked = await Promise.all(
        Array.from({ length: REQUESTS }, (_, at) =>
          ask(cluster, { room: 0, target: 'deploy', key: `burst-${at}` }),
        ),
      );
      const posted = () => asked.filter(({ number }) => board.copies(number).length > 0);
      if (killed === 'one') {
        await within('some cards', () => posted().length >= POSTED_AT_KILL);
        const victim = cluster.replicas[0]?.process;
        victim?.kill();
        await victim?.gone();
        await victim?.start();
      }
      await within('all cards', () => posted().length === REQUESTS);
      // Click every copy: a killed process may leave one that is unknown until its first click.
      const tracked: Tracked[] = await Promise.all(
        asked.map(async ({ id, number }, at) => {
          const answers = [];
          for (const copy of board.copies(number)) {
            const verb = at % 2 === 0 ? 'approve' : 'deny';
            const key = `burst-${copy.messageId}`;
            const activity = await clickOn(cluster, { copy, by: 'amara', verb, key });
            answers.push(await click(cluster, activity));
          }
          return { id, number, target: 'deploy', answers };
        }),
      );
      await within('all settled', () => isQuiet(cluster));
      await within('sealed', async () => (await cluster.store.unsealedEvents(1)).length === 0);
      expect(await judge(cluster, tracked)).toEqual({ lost: [], doubled: [], unsettled: [] });
      // The connector keeps the documented windows and answers 429 beyond them.
      expect(world.connector.calls().filter(({ status }) => status === 429)).toEqual([]);
      expect(cluster.refusedForRate()).toBe(0);
    },
    3 * PATIENCE_MS[store] + 30_000,
  );
});
