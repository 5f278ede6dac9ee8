import { expect, test } from '@jest/globals';
import type { StoredKey } from '../../../src/usecases/ports/key-store.ts';
import { T0 } from '../build.ts';
import type { Given } from '../describe-store.ts';

const key = (id: string, purpose = 'receipts'): StoredKey => ({
  id,
  purpose,
  encrypted: `jwe-of-${id}`,
  createdAt: T0,
});

export function keyTests(given: Given): void {
  test('keeps the first key of a purpose, and reports that to the second', async () => {
    const { store } = given();
    expect(await store.listKeys('receipts')).toEqual([]);
    expect(await store.addFirstKey(key('k1'))).toBe(true);
    expect(await store.addFirstKey(key('k2'))).toBe(false);
    expect(await store.listKeys('receipts')).toEqual([key('k1')]);
  });

  test('keeps keys by purpose', async () => {
    const { store } = given();
    expect(await store.addFirstKey(key('k1'))).toBe(true);
    expect(await store.addFirstKey(key('k2', 'grants'))).toBe(true);
    expect(await store.listKeys('grants')).toEqual([key('k2', 'grants')]);
  });

  test('of many replicas that start at once one creates the key', async () => {
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
}
