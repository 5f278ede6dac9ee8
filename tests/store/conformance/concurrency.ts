import { expect, test } from '@jest/globals';
import type { CommitResult } from '../../../src/usecases/ports/request-store.ts';
import {
  change,
  onceKey,
  decision,
  deciding,
  event,
  person,
  request,
  submission,
  seen,
} from '../build.ts';
import type { Given } from '../describe-store.ts';

const count = (results: readonly CommitResult[], status: string) =>
  results.filter((result) => result.status === status).length;

export function concurrencyTests(given: Given): void {
  test('200 concurrent commits get 200 numbers', async () => {
    const { store } = given();
    const results = await Promise.all(
      Array.from({ length: 200 }, () => store.commit(submission(request()))),
    );
    const numbers = results.map((result) => (result.status === 'committed' ? result.number : 0));
    expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, at) => at + 1));
  });

  test('of 50 concurrent decisions on one version one is committed', async () => {
    const { store } = given();
    const asked = request();
    await store.commit(submission(asked));
    const results = await Promise.all(
      Array.from({ length: 50 }, (_, at) =>
        store.commit(
          deciding(asked, {
            decision: decision(asked, { approver: person(`p${at}`) }),
            people: [],
          }),
        ),
      ),
    );
    expect(count(results, 'committed')).toBe(1);
    expect(count(results, 'conflict')).toBe(49);
    expect((await store.loadRequest(asked.id))?.decisions).toHaveLength(1);
  });

  test('of 50 commits with one once-key on two replicas one wins, and 49 get its result', async () => {
    const { store, reopen } = given();
    const replica = await reopen();
    const results = await Promise.all(
      Array.from({ length: 50 }, (_, at) => {
        const asked = request();
        const taken = onceKey({ key: 'same', requestId: asked.id });
        return (at % 2 === 0 ? store : replica).commit(submission(asked, { onceKeys: [taken] }));
      }),
    );
    expect(count(results, 'committed')).toBe(1);
    const winner = await store.findRequest(1);
    for (const result of results) {
      if (result.status !== 'committed') {
        expect(result).toMatchObject({ status: 'duplicate', requestId: winner?.id });
      }
    }
    expect(await store.findRequest(2)).toBeUndefined();
  });

  test('applies a change once that is sent 20 times concurrently', async () => {
    const { store } = given();
    const asked = request();
    const sent = submission(asked);
    const results = await Promise.all(Array.from({ length: 20 }, () => store.commit(sent)));
    expect(count(results, 'committed')).toBe(1);
    expect(count(results, 'duplicate')).toBe(19);
    expect(await store.unsealedEvents(100)).toHaveLength(1);
  });

  test('a change that violates a constraint fails alone', async () => {
    const { store } = given();
    const known = event(null);
    await store.commit(change({ events: [known] }));
    const good = Array.from({ length: 9 }, () => submission(request()));
    const broken = submission(request(), { events: [known] });
    const sent = [...good.slice(0, 4), broken, ...good.slice(4)];
    const results = await Promise.allSettled(sent.map((each) => store.commit(each)));
    expect(results.map(({ status }) => status === 'fulfilled')).toEqual(
      sent.map((each) => each !== broken),
    );
    expect(results[4]).toMatchObject({ reason: { name: 'StoreError', code: 'store_rejected' } });
    expect(await store.loadRequest(broken.request?.id ?? '')).toBeUndefined();
    expect(await store.listRequests({ limit: 20 })).toHaveLength(9);
    expect(await store.unsealedEvents(100)).toHaveLength(10);
  });

  test('a value without a JSON form fails alone', async () => {
    const { store } = given();
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    const [broken, good] = await Promise.allSettled([
      store.commit(change({ people: [seen('alex', { claims: cycle as never })] })),
      store.commit(submission(request())),
    ]);
    expect(broken).toMatchObject({ reason: { code: 'store_rejected' } });
    expect(good).toEqual({ status: 'fulfilled', value: { status: 'committed', number: 1 } });
  });

  test('conflicts and duplicates do not affect other changes of their group', async () => {
    const { store } = given();
    const asked = request();
    const sent = submission(asked);
    await store.commit(sent);
    const results = await Promise.all([
      store.commit(submission(request())),
      store.commit(sent),
      store.commit(deciding({ ...asked, version: 9 })),
      store.commit(deciding(asked)),
      store.commit(submission(request())),
    ]);
    expect(results.map(({ status }) => status)).toEqual([
      'committed',
      'duplicate',
      'conflict',
      'committed',
      'committed',
    ]);
    expect(await store.listRequests({ limit: 9 })).toHaveLength(3);
  });

  test('an answered commit is visible to the next read, here and on a replica', async () => {
    const { store, reopen } = given();
    const replica = await reopen();
    for (let round = 0; round < 20; round += 1) {
      const asked = request();
      await store.commit(submission(asked));
      expect((await store.loadRequest(asked.id))?.id).toBe(asked.id);
      expect((await replica.loadRequest(asked.id))?.id).toBe(asked.id);
    }
  });
}
