import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { silentLogger } from '../../src/lib/logger.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { openSqlServerStore } from '../../src/store/sqlserver/store.ts';
import type { Store } from '../../src/usecases/ports/store.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import type { TcpProxy } from '../support/tcp-proxy.ts';
import { deciding, newId, request, submission } from './build.ts';
import { LONG_TIMING, SERVER, SKIPPED, TEST_MS, createScratch } from './support/open-sqlserver.ts';
import type { Scratch } from './support/open-sqlserver.ts';
import { recorded } from '../support/events.ts';

if (SERVER === '') {
  test('warns that broken connections are not tested on SQL Server', () => {
    console.warn(SKIPPED);
    expect(SERVER).toBe('');
  });
} else {
  jest.setTimeout(TEST_MS);

  describe('broken connections to a live server', () => {
    let scratch: Scratch;
    let proxy: TcpProxy;
    let store: Store;
    beforeAll(async () => {
      scratch = await createScratch();
      const [, host = '127.0.0.1', port = '1433'] =
        /(?:server|data source)\s*=\s*(?:tcp:)?([^,;]+)(?:,(\d+))?/i.exec(SERVER) ?? [];
      proxy = await startTcpProxy({ host, port: Number(port) });
      store = await openSqlServerStore({
        connectionString: scratch.connectionString.replace(
          /(server|data source)\s*=[^;]*/i,
          `Server=127.0.0.1,${proxy.port}`,
        ),
        clock: systemClock,
        log: silentLogger,
        allowUntrusted: true,
        ...LONG_TIMING,
      });
      // The server compiles the first commit, which takes time.
      await store.commit(submission(request()));
    });
    afterEach(() => {
      proxy.become('pass');
      proxy.delay(0);
    });
    afterAll(async () => {
      await store.close();
      await proxy.stop();
      await scratch.drop();
    });

    const countOf = async (table: string) => {
      const { recordset } = await scratch.execute(`SELECT COUNT(*) AS n FROM dbo.${table}`);
      return Number(recordset[0]?.['n']);
    };

    /** Calls the store, and requires that its first answer was lost on an idle connection. */
    async function withLostAnswer<Found>(call: () => Promise<Found>): Promise<Found> {
      // A new connection would lose an answer of its login instead.
      await store.loadRequest('req_none');
      const before = proxy.lost();
      proxy.loseNextAnswer();
      const found = await call();
      expect(proxy.lost()).toBe(before + 1);
      return found;
    }

    test('a submission whose answer is lost happens once, and is reported as done', async () => {
      const asked = request();
      const before = await countOf('requests');
      const result = await withLostAnswer(() => store.commit(submission(asked)));
      expect(result).toMatchObject({ status: 'committed' });
      expect(await countOf('requests')).toBe(before + 1);
      expect(await store.loadRequest(asked.id)).toMatchObject({
        number: result.status === 'committed' ? result.number : 0,
      });
    });

    test('a decision whose answer is lost counts once', async () => {
      const asked = request();
      await store.commit(submission(asked));
      const click = deciding(asked);
      const result = await withLostAnswer(() => store.commit(click));
      expect(result).toMatchObject({ status: 'committed' });
      expect((await store.loadRequest(asked.id))?.decisions).toHaveLength(1);
      expect(await store.commit(click)).toMatchObject({ status: 'duplicate', of: 'change' });
    });

    test('a session refresh whose answers are lost is leased and written once', async () => {
      const id = newId('ses');
      const began = {
        id,
        tenantId: 't',
        objectId: id,
        provider: 'entra',
        principal: id,
        generation: 1,
        createdAt: 1,
        usedAt: 1,
        endsAt: 9_000,
        encrypted: 'first',
        encryptedWith: 'key',
      };
      await store.startSession(began, recorded());
      const lease = { id, generation: 1, holder: 'one', until: 5_000, now: 1_000 };
      expect(await withLostAnswer(() => store.leaseRefresh(lease))).toBe(true);
      expect(await store.leaseRefresh({ ...lease, holder: 'two' })).toBe(false);
      const next = { id, generation: 1, encrypted: 'second', encryptedWith: 'key' };
      expect(await withLostAnswer(() => store.renewSession(next))).toBe(true);
      expect(await store.renewSession({ ...next, encrypted: 'Second' })).toBe(false);
      expect(await store.findSession(began)).toMatchObject({ generation: 2, encrypted: 'second' });
    });

    test('connections reset again and again lose and double nothing', async () => {
      const [before, events] = [await countOf('requests'), await countOf('audit_events')];
      const sent = Array.from({ length: 24 }, () => submission(request()));
      let over = false;
      const breaking = (async () => {
        // A new connection takes a slow server a second; it must get some work done in between.
        for (let round = 0; round < 3 && !over; round += 1) {
          await new Promise((resolve) => setTimeout(resolve, 1_500));
          proxy.reset();
        }
      })();
      const results = await Promise.all(sent.map((change) => store.commit(change)));
      over = true;
      await breaking;
      expect(results.filter(({ status }) => status === 'committed')).toHaveLength(24);
      expect(await countOf('requests')).toBe(before + 24);
      expect(await countOf('audit_events')).toBe(events + 24);
    });

    test('waits for a slow connection', async () => {
      proxy.delay(150);
      expect((await store.commit(submission(request()))).status).toBe('committed');
    });
  });
}
