import { expect, test } from '@jest/globals';
import { T0 } from '../build.ts';
import type { Given } from '../describe-store.ts';

const lease = (holder: string, now = T0) => ({ name: 'seal', holder, leaseMs: 1_000, now });
const none = { holder: null, until: 0, note: null };

export function leaseTests(given: Given): void {
  test('one holder has a lease until it ends', async () => {
    const { store } = given();
    expect(await store.takeLease(lease('a'))).toEqual({ until: T0 + 1_000, before: none });
    expect(await store.takeLease(lease('b'))).toBeUndefined();
    expect(await store.takeLease(lease('b', T0 + 999))).toBeUndefined();
    expect(await store.takeLease(lease('b', T0 + 1_000))).toMatchObject({ until: T0 + 2_000 });
    expect(await store.takeLease(lease('a', T0 + 1_001))).toBeUndefined();
  });

  test('the holder extends its lease', async () => {
    const { store } = given();
    await store.takeLease(lease('a'));
    expect(await store.takeLease(lease('a', T0 + 900))).toMatchObject({ until: T0 + 1_900 });
    expect(await store.takeLease(lease('b', T0 + 1_500))).toBeUndefined();
  });

  test('only the holder releases a lease', async () => {
    const { store } = given();
    await store.takeLease(lease('a'));
    for (const note of [null, 'not mine']) {
      await store.releaseLease({ name: 'seal', holder: 'b', now: T0, note });
      expect(await store.takeLease(lease('b'))).toBeUndefined();
    }
    await store.releaseLease({ name: 'seal', holder: 'a', now: T0 });
    expect(await store.takeLease(lease('b'))).toEqual({ until: T0 + 1_000, before: none });
  });

  test('returns the note of a released lease to the next holder, whose clock may be behind', async () => {
    const { store } = given();
    await store.takeLease(lease('a'));
    await store.releaseLease({ name: 'seal', holder: 'a', now: T0 + 5, note: '[1,"é"]' });
    expect(await store.takeLease(lease('b', T0 + 3))).toEqual({
      until: T0 + 1_003,
      before: { holder: null, until: T0 + 5, note: '[1,"é"]' },
    });
    expect(await store.takeLease(lease('c', T0 + 3))).toBeUndefined();
  });

  test('returns holder and note of an expired lease to the next holder', async () => {
    const { store } = given();
    await store.takeLease({ ...lease('a'), note: 'first' });
    await store.takeLease(lease('a', T0 + 10));
    expect(await store.takeLease({ ...lease('b', T0 + 1_010), note: 'second' })).toEqual({
      until: T0 + 2_010,
      before: { holder: 'a', until: T0 + 1_010, note: 'first' },
    });
    expect(await store.takeLease(lease('b', T0 + 1_020))).toMatchObject({
      before: { holder: 'b', note: 'second' },
    });
  });

  test('keeps a long note unchanged', async () => {
    const { store } = given();
    const note = JSON.stringify(Array.from({ length: 4_000 }, (_, at) => at));
    await store.takeLease({ ...lease('a'), note });
    expect(await store.takeLease(lease('a'))).toMatchObject({ before: { note } });
  });

  test('leases of other names are independent', async () => {
    const { store } = given();
    await store.takeLease(lease('a'));
    expect(await store.takeLease({ ...lease('b'), name: 'purge' })).toBeDefined();
  });

  test('of 16 holders on two replicas that take a lease at once one gets it', async () => {
    const { store, reopen } = given();
    const replica = await reopen();
    const reach = async (now: number) => {
      const taken = await Promise.all(
        Array.from({ length: 16 }, (_, at) =>
          (at % 2 === 0 ? store : replica).takeLease(lease(`holder-${at}-${now}`, now)),
        ),
      );
      return taken.filter((one) => one !== undefined).length;
    };
    expect(await reach(T0)).toBe(1);
    // Again with an existing row whose lease has expired.
    expect(await reach(T0 + 1_000)).toBe(1);
  });

  test('counts the held leases with a prefix', async () => {
    const { store } = given();
    const held = (name: string, now = T0) =>
      store.takeLease({ name, holder: name, leaseMs: 1_000, now });
    await held('replica:a');
    await held('replica:b', T0 + 500);
    await held('replica');
    await held('seal');
    await held('replica:c');
    await store.releaseLease({ name: 'replica:c', holder: 'replica:c', now: T0, note: 'left' });
    const count = (now: number) => store.countLeases({ prefix: 'replica:', now });
    expect(await count(T0)).toBe(2);
    expect(await count(T0 + 1_000)).toBe(1);
    expect(await count(T0 + 1_500)).toBe(0);
  });

  test('purges a lease a day after its end', async () => {
    const { store } = given();
    await store.takeLease({ ...lease('a'), note: 'kept' });
    const end = T0 + 1_000 + 86_400_000;
    expect(await store.purge(end - 1, 10)).toBe(0);
    expect(await store.purge(end, 10)).toBe(1);
    expect(await store.takeLease(lease('b', end))).toMatchObject({ before: none });
  });
}
