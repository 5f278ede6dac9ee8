import { expect, test } from '@jest/globals';
import { T0, change, job } from '../build.ts';
import type { Given } from '../describe-store.ts';

const LEASE = 30_000;

export function jobLeaseTests(given: Given): void {
  const take = (now = T0, limit = 10) => given().store.leaseJobs({ limit, leaseMs: LEASE, now });
  const add = (...jobs: ReturnType<typeof job>[]) => given().store.commit(change({ jobs }));

  test('leases due jobs alone, soonest first, up to the limit', async () => {
    await add(
      job({ key: 'c', runAt: T0 - 1 }),
      job({ key: 'a', runAt: T0 }),
      job({ key: 'b', runAt: T0 }),
      job({ key: 'later', runAt: T0 + 1 }),
      job({ key: 'd', runAt: T0 - 9 }),
    );
    expect((await take(T0, 3)).map(({ key }) => key)).toEqual(['d', 'c', 'a']);
    expect((await take(T0, 3)).map(({ key }) => key)).toEqual(['b']);
    expect(await take(T0)).toEqual([]);
    expect((await take(T0 + 1)).map(({ key }) => key)).toEqual(['later']);
  });

  test('leases due jobs of priority 0 before all others', async () => {
    await add(
      job({ key: 'a', runAt: T0 - 9 }),
      job({ key: 'urgent', runAt: T0, priority: 0 }),
      job({ key: 'b', runAt: T0 - 8 }),
      job({ key: 'urgent and not due', runAt: T0 + 1, priority: 0 }),
    );
    expect((await take(T0, 2)).map(({ key }) => key)).toEqual(['urgent', 'a']);
    expect((await take(T0, 2)).map(({ key }) => key)).toEqual(['b']);
    expect(await given().store.nextJobAt()).toBe(T0 + 1);
  });

  test('does not lease a held job before its lease expires', async () => {
    await add(job({ key: 'j' }));
    const [first] = await take(T0);
    expect(first).toMatchObject({ attempts: 1 });
    expect(await given().store.nextJobAt()).toBe(T0 + LEASE);
    expect(await take(T0 + LEASE - 1)).toEqual([]);
    const [second] = await take(T0 + LEASE);
    expect(second).toMatchObject({ key: 'j', attempts: 2 });
    expect(second?.fence).toBeGreaterThan(first?.fence ?? 0);
  });

  test('rejects a holder whose job was leased again', async () => {
    const { store } = given();
    await add(job({ key: 'j' }));
    const [slow] = await take(T0);
    const [fast] = await take(T0 + LEASE);
    const now = T0 + LEASE + 1;
    const stale = { key: 'j', fence: slow?.fence ?? 0 };
    expect(await store.ackJob(stale)).toBe(false);
    expect(await store.releaseJob({ ...stale, runAt: now, error: '' })).toBe(false);
    expect(await store.ackJob({ key: 'j', fence: fast?.fence ?? 0 })).toBe(true);
    expect(await store.ackJob({ key: 'j', fence: fast?.fence ?? 0 })).toBe(false);
  });

  test('accepts a late ack while nobody else leased the job', async () => {
    await add(job({ key: 'j' }));
    const [slow] = await take(T0);
    expect(await given().store.ackJob({ key: 'j', fence: slow?.fence ?? 0 })).toBe(true);
  });

  test('a returned job has no holder', async () => {
    const { store } = given();
    await add(job({ key: 'back' }), job({ key: 'dead' }));
    const [back, dead] = await take(T0);
    const fences = { back: back?.fence ?? 0, dead: dead?.fence ?? 0 };
    const error = 'x';
    await store.releaseJob({ key: 'back', fence: fences.back, runAt: T0 + 5, error });
    await store.releaseJob({ key: 'dead', fence: fences.dead, runAt: null, error });
    for (const key of ['back', 'dead'] as const) {
      const fence = fences[key];
      expect(await store.ackJob({ key, fence })).toBe(false);
      expect(await store.releaseJob({ key, fence, runAt: T0, error })).toBe(false);
    }
    expect(await store.countJobs()).toEqual({ waiting: 1, dead: 1, undeliverable: 0 });
  });

  test('an insertion after the lease expired does not make a second job', async () => {
    await add(job({ key: 'j' }));
    await take(T0);
    await given().store.commit(change({ at: T0 + LEASE, jobs: [job({ key: 'j' })] }));
    expect(await take(T0 + LEASE)).toMatchObject([{ key: 'j', attempts: 2 }]);
    expect(await take(T0 + LEASE)).toEqual([]);
  });

  test('different workers may hold jobs of one request', async () => {
    await add(job({ key: 'a' }), job({ key: 'b' }));
    expect(await take(T0, 1)).toHaveLength(1);
    expect(await take(T0, 1)).toHaveLength(1);
  });

  test('a renewed lease ends later and keeps its job from others', async () => {
    const { store } = given();
    await add(job({ key: 'a' }), job({ key: 'b' }));
    const [a, b] = await take(T0);
    const jobs = [a, b].map((one) => ({ key: one?.key ?? '', fence: one?.fence ?? 0 }));
    const now = T0 + LEASE - 1;
    expect([...(await store.renewJobs({ jobs, leaseMs: LEASE, now }))].sort()).toEqual(['a', 'b']);
    expect(await take(T0 + LEASE)).toEqual([]);
    expect(await store.nextJobAt()).toBe(now + LEASE);
    expect(await take(now + LEASE)).toMatchObject([{ attempts: 2 }, { attempts: 2 }]);
  });

  test('does not renew a job that is leased again, returned or done', async () => {
    const { store } = given();
    await add(job({ key: 'taken' }), job({ key: 'back' }), job({ key: 'done' }));
    const jobs = (await take(T0)).map(({ key, fence }) => ({ key, fence }));
    const fenceOf = (key: string) => jobs.find((one) => one.key === key)?.fence ?? 0;
    const now = T0 + LEASE;
    await store.releaseJob({
      key: 'back',
      fence: fenceOf('back'),
      runAt: now + 5,
      error: 'x',
    });
    await store.ackJob({ key: 'done', fence: fenceOf('done') });
    const [taken] = await take(now);
    expect(taken).toMatchObject({ key: 'taken', attempts: 2 });
    expect(await store.renewJobs({ jobs, leaseMs: LEASE, now: now + 1 })).toEqual([]);
    expect(await store.renewJobs({ jobs: [], leaseMs: LEASE, now })).toEqual([]);
    expect(await take(now + 5)).toMatchObject([{ key: 'back' }]);
    expect(await take(now + LEASE)).toMatchObject([{ key: 'taken' }]);
  });

  test('renews an expired lease while nobody else leased the job', async () => {
    const { store } = given();
    await add(job({ key: 'j' }));
    const [{ key, fence } = { key: '', fence: 0 }] = await take(T0);
    const late = T0 + 2 * LEASE;
    const jobs = [{ key, fence }];
    expect(await store.renewJobs({ jobs, leaseMs: LEASE, now: late })).toEqual(['j']);
    expect(await take(late)).toEqual([]);
  });

  test('16 workers on two replicas lease each job once', async () => {
    const { store, reopen } = given();
    const replica = await reopen();
    const keys = Array.from({ length: 400 }, (_, at) => `job_${String(at).padStart(3, '0')}`);
    await add(...keys.map((key) => job({ key })));
    const taken: string[] = [];
    await Promise.all(
      Array.from({ length: 16 }, async (_, at) => {
        const mine = at % 2 === 0 ? store : replica;
        for (let round = 0; round < 400; round += 1) {
          const jobs = await mine.leaseJobs({ limit: 7, leaseMs: LEASE, now: T0 });
          if (jobs.length === 0) return;
          for (const { key, fence } of jobs) {
            taken.push(key);
            expect(await mine.ackJob({ key, fence })).toBe(true);
          }
        }
      }),
    );
    expect(taken.sort()).toEqual(keys);
    expect(await store.countJobs()).toEqual({ waiting: 0, dead: 0, undeliverable: 0 });
  });
}
