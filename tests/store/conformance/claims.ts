import { expect, test } from '@jest/globals';
import { T0, change, claim, deciding, event, job, request, submission } from '../build.ts';
import type { Given } from '../describe-store.ts';

export function claimTests(given: Given): void {
  test('a change of a known id is a duplicate that names its request, and is not applied twice', async () => {
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

  test('after a restart a change is still known by its id', async () => {
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

  test('a known change about no request names none', async () => {
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

  test('a claim is taken once: the second commit is told who was first', async () => {
    const { store } = given();
    const first = request();
    const taken = claim({ key: 'k', requestId: first.id, fingerprint: 'print-1' });
    await store.commit(submission(first, { claims: [taken] }));
    const second = request();
    const other = claim({ key: 'k', requestId: second.id, fingerprint: 'print-2' });
    expect(await store.commit(submission(second, { claims: [other] }))).toEqual({
      status: 'duplicate',
      of: 'idempotency',
      requestId: first.id,
      fingerprint: 'print-1',
    });
    expect(await store.loadRequest(second.id)).toBeUndefined();
    expect(await store.findClaim('idempotency', 'k')).toEqual(taken);
  });

  test('claims of another kind with the same key do not meet', async () => {
    const { store } = given();
    for (const kind of ['idempotency', 'token', 'exchange', 'dpop'] as const) {
      expect((await store.commit(change({ claims: [claim({ kind, key: 'k' })] }))).status).toBe(
        'committed',
      );
      expect((await store.findClaim(kind, 'k'))?.kind).toBe(kind);
    }
    expect(await store.findClaim('token', 'other')).toBeUndefined();
  });

  test('of several claims the first that is taken is answered', async () => {
    const { store } = given();
    const tokenOfOne = claim({ kind: 'token', key: 't', requestId: 'req_1', fingerprint: null });
    const keyOfTwo = claim({ key: 'k', requestId: 'req_2' });
    await store.commit(change({ claims: [tokenOfOne] }));
    await store.commit(change({ claims: [keyOfTwo] }));
    expect(await store.commit(change({ claims: [keyOfTwo, tokenOfOne] }))).toMatchObject({
      of: 'idempotency',
      requestId: 'req_2',
    });
    expect(await store.commit(change({ claims: [tokenOfOne, keyOfTwo] }))).toMatchObject({
      of: 'token',
      requestId: 'req_1',
      fingerprint: null,
    });
  });

  test('a claim ahead of a taken one is given back', async () => {
    const { store } = given();
    await store.commit(change({ claims: [claim({ kind: 'token', key: 't' })] }));
    const fresh = claim({ key: 'fresh' });
    await store.commit(change({ claims: [fresh, claim({ kind: 'token', key: 't' })] }));
    expect(await store.findClaim('idempotency', 'fresh')).toBeUndefined();
    expect((await store.commit(change({ claims: [fresh] }))).status).toBe('committed');
  });

  test('a known change comes before a taken claim, a taken claim before a conflict', async () => {
    const { store } = given();
    const asked = request();
    await store.commit(submission(asked));
    const click = deciding(asked);
    await store.commit(click);
    expect(await store.commit(click)).toMatchObject({ of: 'change' });
    expect(await store.commit({ ...click, id: 'another' })).toMatchObject({ of: 'exchange' });
    expect(await store.commit({ ...click, id: 'another', claims: [] })).toEqual({
      status: 'conflict',
    });
  });

  test('a taken claim comes before a stale fence, a stale fence before the decision', async () => {
    const { store } = given();
    const asked = request();
    await store.commit(submission(asked, { jobs: [job({ key: 'j' })] }));
    const click = deciding(asked);
    await store.commit(click);
    const stale = { key: 'j', fence: 999, done: 1 };
    expect(await store.commit({ ...click, id: 'c2', ack: stale })).toMatchObject({
      of: 'exchange',
    });
    const { guard, claims, request: written, ...decisionOnly } = click;
    expect([guard, claims, written]).not.toContain(undefined);
    expect(await store.commit({ ...decisionOnly, id: 'c3', ack: stale })).toEqual({
      status: 'conflict',
    });
    expect(await store.commit({ ...decisionOnly, id: 'c3' })).toMatchObject({ of: 'decision' });
  });

  test('a claim counts until it is purged', async () => {
    const { store, clock } = given();
    await store.commit(change({ claims: [claim({ key: 'k', expiresAt: T0 + 10 })] }));
    clock.set(T0 + 10);
    expect(
      (await store.commit(change({ at: T0 + 10, claims: [claim({ key: 'k' })] }))).status,
    ).toBe('duplicate');
    await store.purge(T0 + 10, 100);
    expect(
      (await store.commit(change({ at: T0 + 10, claims: [claim({ key: 'k' })] }))).status,
    ).toBe('committed');
  });
}
