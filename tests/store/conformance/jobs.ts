import { describe, expect, test } from '@jest/globals';
import { JOB_STATES } from '../../../src/usecases/ports/job-admin-store.ts';
import type { JobQuery } from '../../../src/usecases/ports/job-admin-store.ts';
import type { Job, JobKind, NewJob, Parked } from '../../../src/usecases/ports/job-store.ts';
import { UNPOSTED } from '../../../src/domain/request/cards.ts';
import type { Card } from '../../../src/domain/request/cards.ts';
import { T0, change, event, job, onceKey, request, submission } from '../build.ts';
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

  test('a second insertion moves runAt earlier and never later', async () => {
    await add(job({ key: 'j', runAt: T0 + 500 }));
    expect(await given().store.nextJobAt()).toBe(T0 + 500);
    await add(job({ key: 'j', runAt: T0 + 900 }));
    expect(await given().store.nextJobAt()).toBe(T0 + 500);
    await add(job({ key: 'j', runAt: T0 + 100 }));
    expect(await given().store.nextJobAt()).toBe(T0 + 100);
    expect(await takeOne(T0 + 100)).toMatchObject({ runAt: T0 + 100 });
  });

  test('an insertion with `replace` moves the time of a job earlier and later', async () => {
    const timer = (runAt: number) => job({ key: 'j', runAt, when: 'replace' });
    for (const runAt of [T0 + 500, T0 + 900, T0 + 100]) {
      await add(timer(runAt));
      expect(await given().store.nextJobAt()).toBe(runAt);
    }
    expect(await takeOne(T0 + 100)).toMatchObject({ runAt: T0 + 100, attempts: 1 });
  });

  test('a job keeps its kind, subject and priority', async () => {
    await add(job({ key: 'j', kind: 'execute', about: { type: 'request', id: 'r' }, priority: 0 }));
    expect(await takeOne()).toEqual({
      key: 'j',
      kind: 'execute',
      about: { type: 'request', id: 'r' },
      priority: 0,
      runAt: T0,
      fence: expect.any(Number),
      attempts: 1,
      body: null,
    });
  });

  test('a job of any kind may be about a grant, without a request', async () => {
    const about = { type: 'grant', id: 'grt_1' } as const;
    await given().store.commit(
      change({
        jobs: [job({ key: 'revoke:grt_1', kind: 'revoke' as JobKind, about })],
        onceKeys: [onceKey({ key: 'slot', requestId: null })],
      }),
    );
    const taken = await takeOne();
    expect(taken).toMatchObject({ kind: 'revoke', about });
    expect(await given().store.ackJob(taken)).toBe(true);
    expect(await given().store.findOnceKey('idempotency', 'slot')).toMatchObject({
      requestId: null,
    });
  });

  test('an ack ends the job', async () => {
    await add(job({ key: 'j' }));
    const { fence } = await takeOne();
    expect(await given().store.ackJob({ key: 'j', fence })).toBe(true);
    expect(await given().store.countJobs()).toEqual({ waiting: 0, dead: 0, undeliverable: 0 });
    expect(await given().store.nextJobAt()).toBeUndefined();
  });

  describe('for an administrator', () => {
    const everything = { states: JOB_STATES, after: '', limit: 10 };
    const recorded = (id: string) => ({
      events: [event(null, { id, type: 'job.retried' })],
      personKeys: [],
    });
    const fail = async (key: string, runAt: number | null, parked?: Parked) => {
      const { fence } = await takeOne();
      const error = `${key} failed`;
      await given().store.releaseJob({ key, fence, runAt, error, ...(parked ? { parked } : {}) });
    };

    test('lists jobs by key, with their state and what failed', async () => {
      const { store } = given();
      await store.commit(change({ request: request({ id: 'req_17' }) }));
      const about = { type: 'request', id: 'req_17' } as const;
      await add(job({ key: 'a', about }));
      await fail('a', null);
      await add(job({ key: 'b', about: { type: 'grant', id: 'req_17' } }));
      await fail('b', T0 + 60_000);
      await add(job({ key: 'c', priority: 0 }));
      await takeOne();
      await add(job({ key: 'd', runAt: T0 + 5 }), job({ key: 'e' }));
      await fail('e', null, 'undeliverable');
      const [a, b, c, d, e] = await store.listJobs(everything);
      const number = (await store.loadRequest('req_17'))?.number;
      expect(a).toEqual({
        key: 'a',
        kind: 'card',
        about,
        number,
        state: 'dead',
        dueAt: null,
        attempts: 1,
        error: 'a failed',
      });
      expect(b).toMatchObject({ state: 'failing', number: null, dueAt: T0 + 60_000 });
      expect(c).toMatchObject({ key: 'c', state: 'running', error: null, dueAt: T0 + LEASE });
      expect(d).toMatchObject({ key: 'd', state: 'waiting', dueAt: T0 + 5, attempts: 0 });
      expect(e).toMatchObject({ key: 'e', state: 'undeliverable', dueAt: null });
      expect(await store.findJob('b')).toEqual(b);
      expect(await store.findJob('x')).toBeUndefined();
      const keys = async (query: Partial<JobQuery>) =>
        (await store.listJobs({ ...everything, ...query })).map(({ key }) => key);
      expect(await keys({ states: ['dead'] })).toEqual(['a']);
      expect(await keys({ states: ['dead', 'undeliverable'] })).toEqual(['a', 'e']);
      expect(await keys({ states: ['dead', 'undeliverable'], after: 'a' })).toEqual(['e']);
      expect(await keys({ states: ['dead', 'waiting'] })).toEqual(['a', 'd']);
      expect(await keys({ after: 'a', limit: 2 })).toEqual(['b', 'c']);
    });

    test('a retry makes a dead or failing job due as new, with its event', async () => {
      const { store } = given();
      const retry = (key: string) =>
        store.retryJob({ key, now: T0 + 9, recorded: recorded(`evt_${key}`) });
      await add(job({ key: 'dead' }));
      await fail('dead', null);
      await add(job({ key: 'failing' }));
      await fail('failing', T0 + 60_000);
      expect([await retry('dead'), await retry('failing')]).toEqual([true, true]);
      expect(await store.countJobs()).toEqual({ waiting: 2, dead: 0, undeliverable: 0 });
      expect(await store.findJob('dead')).toMatchObject({
        state: 'waiting',
        attempts: 0,
        error: null,
      });
      expect((await take(T0 + 9)).map(({ key, attempts }) => [key, attempts])).toEqual([
        ['dead', 1],
        ['failing', 1],
      ]);
      expect((await store.unsealedEvents(9)).map(({ id }) => id)).toEqual([
        'evt_dead',
        'evt_failing',
      ]);
    });

    test('a retry leaves a running job, a timer and nothing alone, and records nothing', async () => {
      const { store } = given();
      await add(job({ key: 'running' }), job({ key: 'timer', runAt: T0 + 99 }));
      await takeOne();
      for (const key of ['running', 'timer', 'none']) {
        expect(await store.retryJob({ key, now: T0, recorded: recorded(key) })).toBe(false);
      }
      expect(await store.nextJobAt()).toBe(T0 + 99);
      expect(await store.unsealedEvents(9)).toEqual([]);
    });

    test('a drop deletes a dead job alone, with its event', async () => {
      const { store } = given();
      const drop = (key: string) => store.dropJob({ key, recorded: recorded(`evt_${key}`) });
      await add(job({ key: 'dead' }));
      await fail('dead', null);
      await add(job({ key: 'failing' }));
      await fail('failing', T0 + 60_000);
      await add(job({ key: 'held' }), job({ key: 'waiting', runAt: T0 + 99 }));
      await takeOne();
      for (const key of ['failing', 'held', 'waiting', 'none']) expect(await drop(key)).toBe(false);
      expect([await drop('dead'), await drop('dead')]).toEqual([true, false]);
      expect(await store.countJobs()).toEqual({ waiting: 3, dead: 0, undeliverable: 0 });
      expect((await store.unsealedEvents(9)).map(({ id }) => id)).toEqual(['evt_dead']);
    });
  });

  test('deletes a dropped job, whether it waits, is held or dead', async () => {
    const { store } = given();
    await add(job({ key: 'dead' }), job({ key: 'held' }));
    const fences = new Map((await take()).map(({ key, fence }) => [key, fence]));
    const fenceOf = (key: string) => fences.get(key) ?? 0;
    await store.releaseJob({ key: 'dead', fence: fenceOf('dead'), runAt: null, error: 'x' });
    await add(job({ key: 'waits', runAt: T0 + 9 }), job({ key: 'stays', runAt: T0 + 9 }));
    await store.commit(change({ dropJobs: ['dead', 'held', 'waits', 'none'] }));
    expect(await store.ackJob({ key: 'held', fence: fenceOf('held') })).toBe(false);
    expect(await store.countJobs()).toEqual({ waiting: 1, dead: 0, undeliverable: 0 });
    expect((await take(T0 + LEASE)).map(({ key }) => key)).toEqual(['stays']);
  });

  describe('a job that is inserted again while it is held', () => {
    const asked = async (again: Partial<NewJob>) => {
      await add(job({ key: 'j' }));
      const { fence } = await takeOne();
      await add(job({ key: 'j', ...again }));
      expect(await given().store.nextJobAt()).toBe(T0 + LEASE);
      return { key: 'j', fence };
    };

    test('is due at that time after its ack, with reset attempts', async () => {
      const held = await asked({ runAt: T0 + 5 });
      expect(await given().store.ackJob(held)).toBe(true);
      expect(await given().store.nextJobAt()).toBe(T0 + 5);
      const again = await takeOne(T0 + 5);
      expect(again).toMatchObject({ attempts: 1, runAt: T0 + 5 });
      expect(again.fence).toBeGreaterThan(held.fence);
    });

    test('is due at the earlier time after it was postponed', async () => {
      const held = await asked({ runAt: T0 + 5, when: 'replace' });
      await given().store.releaseJob({ ...held, runAt: T0 + 900, error: null });
      expect(await given().store.nextJobAt()).toBe(T0 + 5);
    });

    test('is due at the earlier time after it failed, also without a retry', async () => {
      const held = await asked({ runAt: T0 + 50 });
      await given().store.releaseJob({ ...held, runAt: T0 + 20, error: 'x' });
      expect(await given().store.nextJobAt()).toBe(T0 + 20);
      const { fence } = await takeOne(T0 + 20);
      await add(job({ key: 'j', runAt: T0 + 60 }));
      await given().store.releaseJob({ key: 'j', fence, runAt: null, error: 'x' });
      expect(await given().store.countJobs()).toEqual({ waiting: 1, dead: 0, undeliverable: 0 });
      expect(await given().store.nextJobAt()).toBe(T0 + 60);
    });

    test('runs once after its lease expires, because that run begins after the insertion', async () => {
      await asked({ runAt: T0 - 100 });
      const again = await takeOne(T0 + LEASE);
      expect(again).toMatchObject({ runAt: T0, attempts: 2 });
      await given().store.ackJob(again);
      expect(await given().store.nextJobAt()).toBeUndefined();
    });
  });

  test('a failed job waits for its time and keeps its attempts', async () => {
    const { store } = given();
    await add(job({ key: 'j' }));
    const { fence } = await takeOne();
    const failed = { key: 'j', fence, runAt: T0 + 700, error: 'Teams said 502' };
    expect(await store.releaseJob(failed)).toBe(true);
    expect(await store.nextJobAt()).toBe(T0 + 700);
    expect(await take(T0 + 699)).toEqual([]);
    expect(await takeOne(T0 + 700)).toMatchObject({ attempts: 2, runAt: T0 + 700 });
  });

  test('a postponed job keeps its attempts and its runAt', async () => {
    const { store } = given();
    await add(job({ key: 'j' }));
    const { fence } = await takeOne();
    expect(await store.releaseJob({ key: 'j', fence, runAt: T0 + 700, error: null })).toBe(true);
    expect(await take(T0 + 699)).toEqual([]);
    expect(await takeOne(T0 + 700)).toMatchObject({ attempts: 1, runAt: T0 });
    expect(await store.releaseJob({ key: 'j', fence, runAt: T0 + 800, error: null })).toBe(false);
  });

  test('a job without a retry time is dead and not leased again', async () => {
    const { store } = given();
    await add(job({ key: 'j' }), job({ key: 'other', runAt: T0 + 900 }));
    const { fence } = await takeOne();
    const error = 'x'.repeat(10_000);
    expect(await store.releaseJob({ key: 'j', fence, runAt: null, error })).toBe(true);
    expect(await store.countJobs()).toEqual({ waiting: 1, dead: 1, undeliverable: 0 });
    expect(await store.nextJobAt()).toBe(T0 + 900);
    expect(await take(T0 + 10 * LEASE)).toMatchObject([{ key: 'other' }]);
  });

  test('another insertion revives a dead job and resets its attempts', async () => {
    const { store } = given();
    await add(job({ key: 'j' }));
    const { fence } = await takeOne();
    await store.releaseJob({ key: 'j', fence, runAt: null, error: 'gone' });
    await add(job({ key: 'j', runAt: T0 + 40 }));
    expect(await store.countJobs()).toEqual({ waiting: 1, dead: 0, undeliverable: 0 });
    expect(await store.nextJobAt()).toBe(T0 + 40);
    const revived = await takeOne(T0 + 40);
    expect(revived).toMatchObject({ attempts: 1, runAt: T0 + 40 });
    expect(revived.fence).toBeGreaterThan(fence);
  });

  test('a job is parked as undeliverable, counted apart, and revived by an insertion', async () => {
    const { store } = given();
    await add(job({ key: 'j' }));
    const { fence } = await takeOne();
    const parked = { key: 'j', fence, runAt: null, error: '403', parked: 'undeliverable' } as const;
    expect(await store.releaseJob(parked)).toBe(true);
    expect(await store.countJobs()).toEqual({ waiting: 0, dead: 0, undeliverable: 1 });
    await add(job({ key: 'j', runAt: T0 + 40 }));
    expect(await store.countJobs()).toEqual({ waiting: 1, dead: 0, undeliverable: 0 });
    const again = await takeOne(T0 + 40);
    await store.releaseJob({ key: 'j', fence: again.fence, runAt: null, error: 'x' });
    expect(await store.countJobs()).toEqual({ waiting: 0, dead: 1, undeliverable: 0 });
  });

  test('an undeliverable job is purged after 30 days, a dead one is kept', async () => {
    const { store } = given();
    await add(job({ key: 'late' }), job({ key: 'dead' }));
    for (const { key, fence } of await take()) {
      const parked = key === 'late' ? 'undeliverable' : 'dead';
      await store.releaseJob({ key, fence, runAt: null, error: 'x', parked });
    }
    const days = (n: number) => T0 + n * 86_400_000;
    await store.purge(days(29), 100);
    expect(await store.countJobs()).toEqual({ waiting: 0, dead: 1, undeliverable: 1 });
    await store.purge(days(31), 100);
    expect(await store.countJobs()).toEqual({ waiting: 0, dead: 1, undeliverable: 0 });
  });

  test('keeps the body of a job', async () => {
    const body = JSON.stringify({ text: `"quoted" \\ ${'x'.repeat(30_000)}` });
    await add(job({ key: 'j', body }));
    expect(await takeOne()).toMatchObject({ key: 'j', body });
  });

  test('news of a place wakes its failed card jobs, held and parked ones too, and no other', async () => {
    const { store } = given();
    const asked = request();
    const at = { requestId: asked.id, ...UNPOSTED };
    const here = { channel: 'here', ...at };
    const chat = {
      ...at,
      channel: null,
      conversationId: 'a:1',
      activityId: 'm',
      postedRevision: 1,
    };
    const cards: Card[] = [
      { ...here, id: 'waits' },
      { ...here, id: 'parked' },
      { ...here, id: 'held' },
      { ...here, id: 'fresh' },
      { ...chat, id: 'chat' },
      { ...at, id: 'elsewhere', channel: 'there' },
    ];
    const jobs = cards.map(({ id }) => job({ key: `card:${id}` }));
    await store.commit(submission(asked, { cards, jobs }));
    const late = T0 + 3_600_000;
    for (const { key, fence } of await take()) {
      const runAt = key === 'card:parked' ? null : late;
      const error = key === 'card:fresh' ? null : '403';
      await store.releaseJob({ key, fence, runAt, error, parked: 'undeliverable' });
    }
    await add(job({ key: 'card:held', runAt: T0 }));
    const held = await takeOne(T0);
    const now = T0 + 5;
    const place = { channels: ['here', 'unused'], conversationId: 'a:1', now };
    expect(await store.wakeCards(place)).toBe(4);
    const due = await take(now);
    expect(due.map(({ key }) => key).sort()).toEqual(['card:chat', 'card:parked', 'card:waits']);
    expect(due[0]?.attempts).toBe(1);
    await store.releaseJob({ key: held.key, fence: held.fence, runAt: late, error: '403' });
    expect((await take(now)).map(({ key }) => key)).toEqual(['card:held']);
    expect(await store.countJobs()).toMatchObject({ undeliverable: 0 });
  });

  test('an insertion moves a job earlier that waits after a failure', async () => {
    const { store } = given();
    await add(job({ key: 'j' }));
    const { fence } = await takeOne();
    await store.releaseJob({ key: 'j', fence, runAt: T0 + 9_000, error: '429' });
    await add(job({ key: 'j', runAt: T0 + 10 }));
    expect(await takeOne(T0 + 10)).toMatchObject({ attempts: 2 });
  });

  test('a commit may end a job together with what it writes', async () => {
    const { store } = given();
    await add(job({ key: 'j' }));
    const { fence } = await takeOne();
    const done = change({
      ack: { key: 'j', fence, done: true },
      onceKeys: [onceKey({ key: 'by-job' })],
      jobs: [job({ key: 'next', runAt: T0 + 5 })],
    });
    expect((await store.commit(done)).status).toBe('committed');
    expect(await store.countJobs()).toEqual({ waiting: 1, dead: 0, undeliverable: 0 });
    expect(await store.nextJobAt()).toBe(T0 + 5);
    expect(await store.findOnceKey('idempotency', 'by-job')).toBeDefined();
  });

  test('a commit with the fence of a job may keep the job held', async () => {
    const { store } = given();
    await add(job({ key: 'j' }));
    const { fence } = await takeOne();
    const held = change({
      ack: { key: 'j', fence, done: false },
      onceKeys: [onceKey({ key: 'by-holder' })],
    });
    expect((await store.commit(held)).status).toBe('committed');
    expect(await take()).toEqual([]);
    expect(await store.ackJob({ key: 'j', fence })).toBe(true);
    const late = change({
      ack: { key: 'j', fence, done: false },
      onceKeys: [onceKey({ key: 'too-late' })],
    });
    expect(await store.commit(late)).toEqual({ status: 'conflict' });
    expect(await store.findOnceKey('idempotency', 'too-late')).toBeUndefined();
  });

  test('an ack by a commit leaves a job due that was inserted again', async () => {
    const { store } = given();
    await add(job({ key: 'j' }));
    const { fence } = await takeOne();
    await add(job({ key: 'j', runAt: T0 + 3 }));
    await store.commit(change({ ack: { key: 'j', fence, done: true } }));
    expect(await store.nextJobAt()).toBe(T0 + 3);
  });

  test('a commit may end and insert a job, whose fence is new', async () => {
    const { store } = given();
    await add(job({ key: 'j' }));
    const { fence } = await takeOne();
    await store.commit(change({ ack: { key: 'j', fence, done: true }, jobs: [job({ key: 'j' })] }));
    const again = await takeOne();
    expect(again.fence).toBeGreaterThan(fence);
    expect(again.attempts).toBe(1);
    expect(await store.ackJob({ key: 'j', fence })).toBe(false);
  });

  test('a stale fence makes the whole change a conflict', async () => {
    const { store } = given();
    await add(job({ key: 'j' }));
    const slow = await takeOne();
    const fast = await takeOne(T0 + LEASE);
    const late = change({
      ack: { key: 'j', fence: slow.fence, done: true },
      onceKeys: [onceKey({ key: 'late' })],
      jobs: [job({ key: 'more' })],
    });
    expect(await store.commit(late)).toEqual({ status: 'conflict' });
    expect(await store.findOnceKey('idempotency', 'late')).toBeUndefined();
    expect(await store.countJobs()).toEqual({ waiting: 1, dead: 0, undeliverable: 0 });
    expect(await store.ackJob(fast)).toBe(true);
  });

  test('an ack of a missing job makes the change a conflict', async () => {
    const { store } = given();
    const ack = { key: 'none', fence: 1, done: true };
    expect(await store.commit(change({ ack }))).toEqual({ status: 'conflict' });
  });
}
