import { outcomeOf } from '../../../src/domain/outcome.ts';
import { expect, test } from '@jest/globals';
import {
  T0,
  card,
  change,
  decision,
  deciding,
  event,
  job,
  next,
  person,
  request,
  submission,
} from '../build.ts';
import type { Given } from '../describe-store.ts';

export function requestTests(given: Given): void {
  test('reads a committed request back unchanged, with its number', async () => {
    const { store } = given();
    const asked = request();
    expect(await store.commit(submission(asked))).toEqual({ status: 'committed', number: 1 });
    expect(await store.loadRequest(asked.id)).toEqual({ ...asked, number: 1 });
    expect(await store.findRequest(1)).toEqual({ ...asked, number: 1 });
  });

  test('returns undefined for an unknown id', async () => {
    const { store } = given();
    expect(await store.loadRequest('req_none')).toBeUndefined();
    expect(await store.findRequest(1)).toBeUndefined();
  });

  test('numbers count up from 1', async () => {
    const { store } = given();
    for (const number of [1, 2, 3]) {
      expect(await store.commit(submission(request()))).toEqual({ status: 'committed', number });
    }
  });

  test('a change without a request has the number 0', async () => {
    const { store } = given();
    const committed = await store.commit(change({ events: [event(null)] }));
    expect(committed).toEqual({ status: 'committed', number: 0 });
  });

  test('a guarded change writes the next version and returns the number of the request', async () => {
    const { store } = given();
    const asked = request();
    await store.commit(submission(request()));
    await store.commit(submission(asked));
    const click = deciding(asked);
    expect(await store.commit(click)).toEqual({ status: 'committed', number: 2 });
    expect(await store.loadRequest(asked.id)).toEqual({
      ...asked,
      ...click.request,
      number: 2,
      decisions: [click.decision],
    });
  });

  test('writes all mutable properties with the next version', async () => {
    const { store } = given();
    const asked = request();
    await store.commit(submission(asked));
    const after = next(asked, {
      state: 'applied',
      expiresAt: T0 + 5,
      outcome: outcomeOf('denied', { by: 'Mia Lindqvist' }, { reference: '42', at: T0 + 9 }),
    });
    await store.commit(
      change({
        guard: { requestId: asked.id, version: 1 },
        request: after,
      }),
    );
    expect(await store.loadRequest(asked.id)).toEqual({ ...after, number: 1 });
  });

  test('a guard alone checks the version and does not change the request', async () => {
    const { store } = given();
    const asked = request();
    await store.commit(submission(asked));
    const guard = { requestId: asked.id, version: 1 };
    expect(await store.commit(change({ guard, jobs: [job({ key: 'j' })] }))).toEqual({
      status: 'committed',
      number: 1,
    });
    expect((await store.loadRequest(asked.id))?.version).toBe(1);
    expect(await store.commit(change({ guard: { ...guard, version: 2 } }))).toEqual({
      status: 'conflict',
    });
    expect(await store.commit(change({ guard: { requestId: 'req_none', version: 1 } }))).toEqual({
      status: 'conflict',
    });
  });

  test('another version than the stored one is a conflict and writes nothing', async () => {
    const { store } = given();
    const asked = request();
    await store.commit(submission(asked));
    const first = await store.commit(deciding(asked));
    const jobsBefore = await store.countJobs();
    const late = deciding(asked, {
      decision: decision(asked, { approver: person('sam') }),
      jobs: [job({ key: 'late' })],
      cards: [card(asked, { id: 'late' })],
    });
    expect(first.status).toBe('committed');
    expect(await store.commit(late)).toEqual({ status: 'conflict' });
    expect((await store.loadRequest(asked.id))?.decisions).toHaveLength(1);
    expect(await store.countJobs()).toEqual(jobsBefore);
    expect((await store.loadWithCards(asked.id))?.cards.map(({ id }) => id)).not.toContain('late');
    expect(await store.findOnceKey('exchange', late.onceKeys?.[0]?.key ?? '')).toBeUndefined();
    expect((await store.unsealedEvents(100)).map(({ id }) => id)).not.toContain(
      late.events?.[0]?.id,
    );
  });

  test('a conflicting change may be committed under its id after a new try', async () => {
    const { store } = given();
    const asked = request();
    await store.commit(submission(asked));
    const click = deciding(asked);
    expect(
      await store.commit({
        ...click,
        guard: { requestId: asked.id, version: 7 },
        request: next({ ...asked, version: 7 }),
      }),
    ).toEqual({ status: 'conflict' });
    expect((await store.commit(click)).status).toBe('committed');
  });

  test('keeps the second word of a person on a stage beside the first', async () => {
    const { store } = given();
    let asked = request();
    await store.commit(submission(asked));
    const words = [
      decision(asked, { id: 'dec_1', at: T0 + 1 }),
      decision(asked, { id: 'dec_2', at: T0 + 2, word: 'withdraw', nth: 2 }),
      decision(asked, { id: 'dec_3', at: T0 + 3, word: 'approve', nth: 3 }),
    ];
    for (const word of words) {
      expect((await store.commit(deciding(asked, { decision: word }))).status).toBe('committed');
      asked = next(asked, { state: 'approved' });
    }
    expect((await store.loadRequest(asked.id))?.decisions).toEqual(words);
  });

  test('the same word of a person on a stage is a duplicate and writes nothing', async () => {
    const { store } = given();
    const asked = request();
    await store.commit(submission(asked));
    await store.commit(deciding(asked));
    const second = next(asked, { state: 'pending' });
    const again = deciding(second, { decision: decision(second, { word: 'deny' }) });
    expect(await store.commit(again)).toEqual({
      status: 'duplicate',
      of: 'decision',
      requestId: asked.id,
      fingerprint: null,
    });
    const stored = await store.loadRequest(asked.id);
    expect(stored?.version).toBe(2);
    expect(stored?.decisions.map(({ word, nth }) => [word, nth])).toEqual([['approve', 1]]);
  });

  test('reports a conflict before an earlier decision of the same person', async () => {
    const { store } = given();
    const asked = request();
    await store.commit(submission(asked));
    await store.commit(deciding(asked));
    expect(await store.commit(deciding(asked))).toEqual({ status: 'conflict' });
  });

  test('keeps separate decisions for another stage or person, oldest first', async () => {
    const { store } = given();
    let asked = request();
    await store.commit(submission(asked));
    const words = [
      decision(asked, { id: 'dec_b', at: T0 + 3 }),
      decision(asked, { id: 'dec_a', at: T0 + 3, approver: person('sam') }),
      decision(asked, { id: 'dec_c', at: T0 + 2, stage: 'stage-2' }),
    ];
    for (const word of words) {
      expect((await store.commit(deciding(asked, { decision: word }))).status).toBe('committed');
      asked = next(asked, { state: 'approved' });
    }
    const stored = await store.loadRequest(asked.id);
    expect(stored?.decisions.map(({ id }) => id)).toEqual(['dec_c', 'dec_a', 'dec_b']);
  });

  test('does not write decisions from the request itself', async () => {
    const { store } = given();
    const asked = request();
    await store.commit(submission({ ...asked, decisions: [decision(asked)] }));
    expect((await store.loadRequest(asked.id))?.decisions).toEqual([]);
  });

  test('rejects a guard of another request, and a request that is not the next version', async () => {
    const { store } = given();
    const asked = request();
    await store.commit(submission(asked));
    const other = change({ guard: { requestId: 'req_other', version: 1 }, request: next(asked) });
    const standing = change({ guard: { requestId: asked.id, version: 1 }, request: asked });
    await expect(store.commit(other)).rejects.toMatchObject({ code: 'store_rejected' });
    await expect(store.commit(standing)).rejects.toMatchObject({ code: 'store_rejected' });
  });

  test('rejects a second request with the same id', async () => {
    const { store } = given();
    const asked = request();
    await store.commit(submission(asked));
    await expect(store.commit(submission(asked))).rejects.toMatchObject({ code: 'store_rejected' });
    expect(await store.commit(submission(request()))).toEqual({ status: 'committed', number: 2 });
  });

  test('reads everything after a restart', async () => {
    const { store, reopen } = given();
    const asked = request();
    await store.commit(submission(asked));
    await store.commit(deciding(asked));
    const before = await store.loadRequest(asked.id);
    await store.close();
    const again = await reopen();
    expect(await again.loadRequest(asked.id)).toEqual(before);
    expect(await again.commit(submission(request()))).toEqual({ status: 'committed', number: 2 });
  });
}
