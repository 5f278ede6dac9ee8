import { expect, test } from '@jest/globals';
import type { StoredKey } from '../../../src/usecases/ports/store.ts';
import { T0 } from '../build.ts';
import type { Given } from '../describe-store.ts';

const key = (id: string, purpose = 'receipts'): StoredKey => ({
  id,
  purpose,
  sealed: `jwe-of-${id}`,
  createdAt: T0,
});

export function keyTests(given: Given): void {
  test('the first key of a purpose is kept, a second is told so', async () => {
    const { store } = given();
    expect(await store.listKeys('receipts')).toEqual([]);
    expect(await store.addFirstKey(key('k1'))).toBe(true);
    expect(await store.addFirstKey(key('k2'))).toBe(false);
    expect(await store.listKeys('receipts')).toEqual([key('k1')]);
  });

  test('purposes have keys of their own', async () => {
    const { store } = given();
    expect(await store.addFirstKey(key('k1'))).toBe(true);
    expect(await store.addFirstKey(key('k2', 'grants'))).toBe(true);
    expect(await store.listKeys('grants')).toEqual([key('k2', 'grants')]);
  });

  test('of many replicas that start at once, one makes the key', async () => {
    const { store, reopen } = given();
    const replica = await reopen();
    const made = await Promise.all(
      Array.from({ length: 20 }, (_, at) =>
        (at % 2 === 0 ? store : replica).addFirstKey(key(`k${at}`)),
      ),
    );
    expect(made.filter((first) => first)).toHaveLength(1);
    expect(await replica.listKeys('receipts')).toEqual([key(`k${made.indexOf(true)}`)]);
  });

  const lease = (holder: string, now = T0) => ({ name: 'seal', holder, leaseMs: 1_000, now });

  test('a lease is held by one until it ends', async () => {
    const { store } = given();
    expect(await store.takeLease(lease('a'))).toBe(T0 + 1_000);
    expect(await store.takeLease(lease('b'))).toBeUndefined();
    expect(await store.takeLease(lease('b', T0 + 999))).toBeUndefined();
    expect(await store.takeLease(lease('b', T0 + 1_000))).toBe(T0 + 2_000);
    expect(await store.takeLease(lease('a', T0 + 1_001))).toBeUndefined();
  });

  test('its holder extends a lease', async () => {
    const { store } = given();
    await store.takeLease(lease('a'));
    expect(await store.takeLease(lease('a', T0 + 900))).toBe(T0 + 1_900);
    expect(await store.takeLease(lease('b', T0 + 1_500))).toBeUndefined();
  });

  test('only its holder releases a lease', async () => {
    const { store } = given();
    await store.takeLease(lease('a'));
    await store.releaseLease('seal', 'b');
    expect(await store.takeLease(lease('b'))).toBeUndefined();
    await store.releaseLease('seal', 'a');
    expect(await store.takeLease(lease('b'))).toBe(T0 + 1_000);
  });

  test('leases of other names do not meet', async () => {
    const { store } = given();
    await store.takeLease(lease('a'));
    expect(await store.takeLease({ ...lease('b'), name: 'purge' })).toBe(T0 + 1_000);
  });

  test('of 16 who reach for a lease at once, over two replicas, one has it', async () => {
    const { store, reopen } = given();
    const replica = await reopen();
    const taken = await Promise.all(
      Array.from({ length: 16 }, (_, at) =>
        (at % 2 === 0 ? store : replica).takeLease(lease(`holder-${at}`)),
      ),
    );
    expect(taken.filter((until) => until !== undefined)).toHaveLength(1);
  });
}
