import { expect, test } from '@jest/globals';
import type { Job, NewJob } from '../../../src/usecases/ports/job-store.ts';
import { T0, change, onceKey, job } from '../build.ts';
import type { Given } from '../describe-store.ts';

const LEASE = 30_000;

export function jobTests(given: Given): void {
  const add = (...jobs: NewJob[]) => given().store.commit(change({ jobs }));
  const take = (now = T0) => given().store.leaseJobs({ limit: 10, leaseMs: LEASE, now });
  async function takeOne(now = T0): Promise<Job> {
    const [taken] = await take(now);
    if (!taken) throw new Error('no job is due');
    return taken;
  }

  test('a second insertion raises the wanted revision and never lowers it', async () => {
    await add(job({ key: 'j', wanted: 3 }));
    await add(job({ key: 'j', wanted: 5 }));
    await add(job({ key: 'j', wanted: 4 }));
    expect(await given().store.countJobs()).toEqual({ waiting: 1, dead: 0 });
    expect(await takeOne()).toMatchObject({ key: 'j', wanted: 5 });
  });

  test('a second insertion moves runAt earlier and never later', async () => {
    await add(job({ key: 'j', runAt: T0 + 500 }));
    expect(await given().store.nextJobAt()).toBe(T0 + 500);
    await add(job({ key: 'j', runAt: T0 + 900 }));
    expect(await given().store.nextJobAt()).toBe(T0 + 500);
    await add(job({ key: 'j', runAt: T0 + 100 }));
    expect(await given().store.nextJobAt()).toBe(T0 + 100);
    expect(await takeOne(T0 + 100)).toMatchObject({ runAt: T0 + 100 });
  });

  test('a job keeps its kind, request and subject', async () => {
    await add(job({ key: 'j', kind: 'execute', requestId: 'req_1', subject: 's' }));
    expect(await takeOne()).toEqual({
      key: 'j',
      kind: 'execute',
      requestId: 'req_1',
      subject: 's',
      runAt: T0,
      wanted: 1,
      fence: expect.any(Number),
      attempts: 1,
    });
  });

  test('an ack of the wanted revision ends the job', async () => {
    await add(job({ key: 'j', wanted: 3 }));
    const { fence } = await takeOne();
    expect(await given().store.ackJob({ key: 'j', fence, done: 3, now: T0 })).toBe(true);
    expect(await given().store.countJobs()).toEqual({ waiting: 0, dead: 0 });
    expect(await given().store.nextJobAt()).toBeUndefined();
  });

  test('an ack of a later revision ends the job', async () => {
    await add(job({ key: 'j', wanted: 3 }));
    const { fence } = await takeOne();
    await given().store.ackJob({ key: 'j', fence, done: 7, now: T0 });
    expect(await take(T0 + LEASE)).toEqual([]);
  });

  test('a job with a new wanted revision is due at once after its ack', async () => {
    const { store } = given();
    await add(job({ key: 'j', wanted: 1 }));
    const held = await takeOne();
    await add(job({ key: 'j', wanted: 2, runAt: T0 }));
    expect(await take(T0 + 1)).toEqual([]);
    expect(await store.ackJob({ key: 'j', fence: held.fence, done: 1, now: T0 + 5 })).toBe(true);
    expect(await store.nextJobAt()).toBe(T0 + 5);
    const again = await takeOne(T0 + 5);
    expect(again).toMatchObject({ key: 'j', wanted: 2, attempts: 1 });
    expect(again.fence).toBeGreaterThan(held.fence);
  });

  test('an insertion while a job is held does not move the time of the current run', async () => {
    await add(job({ key: 'j' }));
    await takeOne();
    await add(job({ key: 'j', runAt: T0 - 100 }));
    expect(await given().store.nextJobAt()).toBe(T0 + LEASE);
    expect(await takeOne(T0 + LEASE)).toMatchObject({ runAt: T0, attempts: 2 });
  });

  test('a failed job waits for its time and keeps its attempts', async () => {
    const { store } = given();
    await add(job({ key: 'j' }));
    const { fence } = await takeOne();
    const failed = { key: 'j', fence, runAt: T0 + 700, error: 'Teams said 502', now: T0 };
    expect(await store.failJob(failed)).toBe(true);
    expect(await store.nextJobAt()).toBe(T0 + 700);
    expect(await take(T0 + 699)).toEqual([]);
    expect(await takeOne(T0 + 700)).toMatchObject({ attempts: 2, runAt: T0 + 700 });
  });

  test('a postponed job keeps its attempts and its runAt', async () => {
    const { store } = given();
    await add(job({ key: 'j' }));
    const { fence } = await takeOne();
    expect(await store.postponeJob({ key: 'j', fence, runAt: T0 + 700 })).toBe(true);
    expect(await take(T0 + 699)).toEqual([]);
    expect(await takeOne(T0 + 700)).toMatchObject({ attempts: 1, runAt: T0 });
    expect(await store.postponeJob({ key: 'j', fence, runAt: T0 + 800 })).toBe(false);
  });

  test('a job without a retry time is dead and not leased again', async () => {
    const { store } = given();
    await add(job({ key: 'j' }), job({ key: 'other', runAt: T0 + 900 }));
    const { fence } = await takeOne();
    const error = 'x'.repeat(10_000);
    expect(await store.failJob({ key: 'j', fence, runAt: null, error, now: T0 })).toBe(true);
    expect(await store.countJobs()).toEqual({ waiting: 1, dead: 1 });
    expect(await store.nextJobAt()).toBe(T0 + 900);
    expect(await take(T0 + 10 * LEASE)).toMatchObject([{ key: 'other' }]);
  });

  test('another insertion revives a dead job and resets its attempts', async () => {
    const { store } = given();
    await add(job({ key: 'j', wanted: 2 }));
    const { fence } = await takeOne();
    await store.failJob({ key: 'j', fence, runAt: null, error: 'gone', now: T0 });
    await add(job({ key: 'j', wanted: 1, runAt: T0 + 40 }));
    expect(await store.countJobs()).toEqual({ waiting: 1, dead: 0 });
    expect(await store.nextJobAt()).toBe(T0 + 40);
    const revived = await takeOne(T0 + 40);
    expect(revived).toMatchObject({ attempts: 1, wanted: 2, runAt: T0 + 40 });
    expect(revived.fence).toBeGreaterThan(fence);
  });

  test('an insertion moves a job earlier that waits after a failure', async () => {
    const { store } = given();
    await add(job({ key: 'j' }));
    const { fence } = await takeOne();
    await store.failJob({ key: 'j', fence, runAt: T0 + 9_000, error: '429', now: T0 });
    await add(job({ key: 'j', runAt: T0 + 10 }));
    expect(await takeOne(T0 + 10)).toMatchObject({ attempts: 2 });
  });

  test('a commit may end a job together with what it writes', async () => {
    const { store } = given();
    await add(job({ key: 'j' }));
    const { fence } = await takeOne();
    const done = change({
      ack: { key: 'j', fence, done: 1 },
      onceKeys: [onceKey({ key: 'by-job' })],
      jobs: [job({ key: 'next', runAt: T0 + 5 })],
    });
    expect((await store.commit(done)).status).toBe('committed');
    expect(await store.countJobs()).toEqual({ waiting: 1, dead: 0 });
    expect(await store.nextJobAt()).toBe(T0 + 5);
    expect(await store.findOnceKey('idempotency', 'by-job')).toBeDefined();
  });

  test('a commit with the fence of a job may keep the job held', async () => {
    const { store } = given();
    await add(job({ key: 'j', wanted: 1 }));
    const { fence } = await takeOne();
    const held = change({
      ack: { key: 'j', fence, done: null },
      onceKeys: [onceKey({ key: 'by-holder' })],
    });
    expect((await store.commit(held)).status).toBe('committed');
    expect(await take()).toEqual([]);
    expect(await store.ackJob({ key: 'j', fence, done: 1, now: T0 })).toBe(true);
    const late = change({
      ack: { key: 'j', fence, done: null },
      onceKeys: [onceKey({ key: 'too-late' })],
    });
    expect(await store.commit(late)).toEqual({ status: 'conflict' });
    expect(await store.findOnceKey('idempotency', 'too-late')).toBeUndefined();
  });

  test('an ack by a commit leaves a job due where a later revision is wanted', async () => {
    const { store } = given();
    await add(job({ key: 'j', wanted: 1 }));
    const { fence } = await takeOne();
    await add(job({ key: 'j', wanted: 2 }));
    await store.commit(change({ at: T0 + 3, ack: { key: 'j', fence, done: 1 } }));
    expect(await store.nextJobAt()).toBe(T0 + 3);
  });

  test('a commit may end and insert a job, whose fence is new', async () => {
    const { store } = given();
    await add(job({ key: 'j' }));
    const { fence } = await takeOne();
    await store.commit(change({ ack: { key: 'j', fence, done: 1 }, jobs: [job({ key: 'j' })] }));
    const again = await takeOne();
    expect(again.fence).toBeGreaterThan(fence);
    expect(again.attempts).toBe(1);
    expect(await store.ackJob({ key: 'j', fence, done: 1, now: T0 })).toBe(false);
  });

  test('a stale fence makes the whole change a conflict', async () => {
    const { store } = given();
    await add(job({ key: 'j' }));
    const slow = await takeOne();
    const fast = await takeOne(T0 + LEASE);
    const late = change({
      ack: { key: 'j', fence: slow.fence, done: 1 },
      onceKeys: [onceKey({ key: 'late' })],
      jobs: [job({ key: 'more' })],
    });
    expect(await store.commit(late)).toEqual({ status: 'conflict' });
    expect(await store.findOnceKey('idempotency', 'late')).toBeUndefined();
    expect(await store.countJobs()).toEqual({ waiting: 1, dead: 0 });
    const now = T0 + LEASE;
    expect(await store.ackJob({ key: 'j', fence: fast.fence, done: 1, now })).toBe(true);
  });

  test('an ack of a missing job makes the change a conflict', async () => {
    const { store } = given();
    const ack = { key: 'none', fence: 1, done: 1 };
    expect(await store.commit(change({ ack }))).toEqual({ status: 'conflict' });
  });
}
