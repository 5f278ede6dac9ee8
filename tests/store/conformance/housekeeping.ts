import { expect, test } from '@jest/globals';
import { correctedClock, systemClock } from '../../../src/lib/clock.ts';
import { systemIds } from '../../../src/lib/ids.ts';
import { silentLogger } from '../../../src/lib/logger.ts';
import { correctClock } from '../../../src/workers/schedule.ts';
import { T0, change, onceKey, event, link, request, submission } from '../build.ts';
import type { Given } from '../describe-store.ts';

const DAY = 86_400_000;

export function housekeepingTests(given: Given): void {
  test('returns the time of the database', async () => {
    const before = Date.now();
    const now = await given().store.now();
    expect(now).toBeGreaterThanOrEqual(before - 1);
    expect(now).toBeLessThanOrEqual(Date.now() + 1);
    expect(Number.isInteger(now)).toBe(true);
  });

  test('replicas whose clocks are hours apart agree by the clock of the database', async () => {
    const { store } = given();
    const agreed = await Promise.all(
      [-7_200_000, 0, 3_600_000].map(async (offMs) => {
        const machineClock = { now: () => systemClock.now() + offMs };
        const clock = correctedClock(machineClock);
        for (let tried = 0; tried < 10; tried += 1) {
          if (await correctClock({ store, clock, machineClock, log: silentLogger })) break;
        }
        return clock.now() - machineClock.now() + offMs;
      }),
    );
    // The error left is half of the difference between the two ways to the database.
    for (const differsMs of agreed) expect(Math.abs(differsMs)).toBeLessThan(500);
  });

  test('purges once-keys from their expiry on', async () => {
    const { store } = given();
    await store.commit(
      change({
        onceKeys: [
          onceKey({ key: 'a', expiresAt: T0 + 5 }),
          onceKey({ key: 'b', expiresAt: T0 + 6 }),
        ],
      }),
    );
    expect(await store.purge(T0 + 4, 100)).toBe(0);
    expect(await store.purge(T0 + 5, 100)).toBe(1);
    expect(await store.findOnceKey('idempotency', 'a')).toBeUndefined();
    expect(await store.findOnceKey('idempotency', 'b')).toBeDefined();
  });

  test('purges change ids after seven days, and keeps what the changes wrote', async () => {
    const { store } = given();
    const asked = request();
    const noted = submission(asked);
    const other = change({ at: T0 + 1, events: [event(null)] });
    await store.commit(noted);
    await store.commit(other);
    expect(await store.purge(T0 + 7 * DAY - 1, 100)).toBe(0);
    expect(await store.purge(T0 + 7 * DAY, 100)).toBe(1);
    expect((await store.commit(other)).status).toBe('duplicate');
    expect((await store.commit({ ...change(), id: noted.id })).status).toBe('committed');
    expect(await store.loadRequest(asked.id)).toBeDefined();
    expect(await store.unsealedEvents(9)).toHaveLength(2);
  });

  test('purges the oldest of many change ids first, and no recent one', async () => {
    const { store } = given();
    const made = [0, 1, 2, 3, 4].map((days) => {
      const at = T0 + days * DAY;
      return { ...change({ at }), id: systemIds.next('chg', at) };
    });
    for (const one of made.toReversed()) await store.commit(one);
    expect(await store.purge(T0 + 9 * DAY, 2)).toBe(2);
    expect(await store.purge(T0 + 9 * DAY, 2)).toBe(1);
    expect(await store.purge(T0 + 9 * DAY, 2)).toBe(0);
    const answers = [];
    for (const one of made) answers.push((await store.commit(one)).status);
    expect(answers).toEqual(['committed', 'committed', 'committed', 'duplicate', 'duplicate']);
  });

  test('purges sign-in links a day after their end', async () => {
    const { store } = given();
    const made = link({ expiresAt: T0 });
    await store.addLink(made);
    expect(await store.purge(T0 + DAY - 1, 100)).toBe(0);
    expect(await store.purge(T0 + DAY, 100)).toBe(1);
    await store.addLink(made);
  });

  test('purges at most `limit` rows of each table, oldest first', async () => {
    const { store } = given();
    for (const at of [3, 1, 2]) {
      await store.commit(
        change({
          at: T0 + at,
          onceKeys: [onceKey({ key: `k${at}`, expiresAt: T0 + at })],
        }),
      );
      await store.addLink(link({ expiresAt: T0 + at }));
    }
    expect(await store.purge(T0 + 8 * DAY, 2)).toBe(6);
    expect(await store.findOnceKey('idempotency', 'k3')).toBeDefined();
    expect(await store.purge(T0 + 8 * DAY, 2)).toBe(3);
    expect(await store.purge(T0 + 8 * DAY, 2)).toBe(0);
  });

  test('an open store passes its check', async () => {
    await expect(given().store.check()).resolves.toBeUndefined();
  });

  test('closing finishes pending calls, and may be repeated', async () => {
    const { store, reopen } = given();
    const asked = Array.from({ length: 20 }, () => request());
    const commits = asked.map((each) => store.commit(submission(each)));
    await Promise.all([store.close(), store.close()]);
    const results = await Promise.all(commits);
    expect(results.every(({ status }) => status === 'committed')).toBe(true);
    await store.close();
    const again = await reopen();
    expect(await again.listRequests({ limit: 100 })).toHaveLength(20);
  });

  test('a closed store rejects every call with its code', async () => {
    const { store } = given();
    await store.close();
    const closed = { name: 'StoreError', code: 'store_closed' };
    await expect(store.commit(change())).rejects.toMatchObject(closed);
    await expect(store.loadRequest('req')).rejects.toMatchObject(closed);
    await expect(store.leaseJobs({ limit: 1, leaseMs: 1, now: T0 })).rejects.toMatchObject(closed);
    await expect(store.now()).rejects.toMatchObject(closed);
    await expect(store.check()).rejects.toMatchObject(closed);
  });
}
