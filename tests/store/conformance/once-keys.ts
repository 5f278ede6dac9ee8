import { expect, test } from '@jest/globals';
import { T0, change, deciding, event, job, onceKey, request, submission } from '../build.ts';
import type { Given } from '../describe-store.ts';

export function onceKeyTests(given: Given): void {
  test('a change with a known id is a duplicate that names its request, and is not applied again', async () => {
    const { store } = given();
    const asked = request();
    await store.commit(submission(asked));
    const click = deciding(asked);
    expect((await store.commit(click)).status).toBe('committed');
    expect(await store.commit(click)).toEqual({
      status: 'duplicate',
      of: 'change',
      requestId: asked.id,
      fingerprint: null,
    });
    expect((await store.loadRequest(asked.id))?.version).toBe(2);
    expect((await store.loadRequest(asked.id))?.decisions).toHaveLength(1);
  });

  test('recognises the id of a change after a restart', async () => {
    const { store, reopen } = given();
    const asked = request();
    const sent = submission(asked);
    await store.commit(sent);
    await store.close();
    const again = await reopen();
    expect(await again.commit(sent)).toMatchObject({
      status: 'duplicate',
      of: 'change',
      requestId: asked.id,
    });
    expect(await again.findRequest(2)).toBeUndefined();
  });

  test('a known change without a request names none', async () => {
    const { store } = given();
    const noted = change({ events: [event(null)] });
    await store.commit(noted);
    expect(await store.commit(noted)).toEqual({
      status: 'duplicate',
      of: 'change',
      requestId: null,
      fingerprint: null,
    });
  });

  test('the first commit uses a once-key; the second gets the request of the first', async () => {
    const { store } = given();
    const first = request();
    const taken = onceKey({ key: 'k', requestId: first.id, fingerprint: 'print-1' });
    await store.commit(submission(first, { onceKeys: [taken] }));
    const second = request();
    const other = onceKey({ key: 'k', requestId: second.id, fingerprint: 'print-2' });
    expect(await store.commit(submission(second, { onceKeys: [other] }))).toEqual({
      status: 'duplicate',
      of: 'idempotency',
      requestId: first.id,
      fingerprint: 'print-1',
    });
    expect(await store.loadRequest(second.id)).toBeUndefined();
    expect(await store.findOnceKey('idempotency', 'k')).toEqual(taken);
  });

  test('once-keys of different kinds with the same key are independent', async () => {
    const { store } = given();
    for (const kind of ['idempotency', 'token', 'exchange', 'dpop'] as const) {
      expect((await store.commit(change({ onceKeys: [onceKey({ kind, key: 'k' })] }))).status).toBe(
        'committed',
      );
      expect((await store.findOnceKey(kind, 'k'))?.kind).toBe(kind);
    }
    expect(await store.findOnceKey('token', 'other')).toBeUndefined();
  });

  test('answers with the first used once-key of several', async () => {
    const { store } = given();
    const tokenOfOne = onceKey({ kind: 'token', key: 't', requestId: 'req_1', fingerprint: null });
    const keyOfTwo = onceKey({ key: 'k', requestId: 'req_2' });
    await store.commit(change({ onceKeys: [tokenOfOne] }));
    await store.commit(change({ onceKeys: [keyOfTwo] }));
    expect(await store.commit(change({ onceKeys: [keyOfTwo, tokenOfOne] }))).toMatchObject({
      of: 'idempotency',
      requestId: 'req_2',
    });
    expect(await store.commit(change({ onceKeys: [tokenOfOne, keyOfTwo] }))).toMatchObject({
      of: 'token',
      requestId: 'req_1',
      fingerprint: null,
    });
  });

  test('does not write a new once-key in front of a used one', async () => {
    const { store } = given();
    await store.commit(change({ onceKeys: [onceKey({ kind: 'token', key: 't' })] }));
    const fresh = onceKey({ key: 'fresh' });
    await store.commit(change({ onceKeys: [fresh, onceKey({ kind: 'token', key: 't' })] }));
    expect(await store.findOnceKey('idempotency', 'fresh')).toBeUndefined();
    expect((await store.commit(change({ onceKeys: [fresh] }))).status).toBe('committed');
  });

  test('reports a known change before a used once-key, and that before a conflict', async () => {
    const { store } = given();
    const asked = request();
    await store.commit(submission(asked));
    const click = deciding(asked);
    await store.commit(click);
    expect(await store.commit(click)).toMatchObject({ of: 'change' });
    expect(await store.commit({ ...click, id: 'another' })).toMatchObject({ of: 'exchange' });
    expect(await store.commit({ ...click, id: 'another', onceKeys: [] })).toEqual({
      status: 'conflict',
    });
  });

  test('reports a used once-key before a stale fence, and that before an earlier decision', async () => {
    const { store } = given();
    const asked = request();
    await store.commit(submission(asked, { jobs: [job({ key: 'j' })] }));
    const click = deciding(asked);
    await store.commit(click);
    const stale = { key: 'j', fence: 999, done: true };
    expect(await store.commit({ ...click, id: 'c2', ack: stale })).toMatchObject({
      of: 'exchange',
    });
    const { guard, onceKeys, request: written, ...decisionOnly } = click;
    expect([guard, onceKeys, written]).not.toContain(undefined);
    expect(await store.commit({ ...decisionOnly, id: 'c3', ack: stale })).toEqual({
      status: 'conflict',
    });
    expect(await store.commit({ ...decisionOnly, id: 'c3' })).toMatchObject({ of: 'decision' });
  });

  test('a once-key is used until it is purged', async () => {
    const { store, clock } = given();
    await store.commit(change({ onceKeys: [onceKey({ key: 'k', expiresAt: T0 + 10 })] }));
    clock.set(T0 + 10);
    expect(
      (await store.commit(change({ at: T0 + 10, onceKeys: [onceKey({ key: 'k' })] }))).status,
    ).toBe('duplicate');
    await store.purge(T0 + 10, 100);
    expect(
      (await store.commit(change({ at: T0 + 10, onceKeys: [onceKey({ key: 'k' })] }))).status,
    ).toBe('committed');
  });
}
