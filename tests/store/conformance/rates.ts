import { expect, test } from '@jest/globals';
import { T0 } from '../build.ts';
import type { Given } from '../describe-store.ts';

/** Limits that replicas keep together. */
export function rateTests(given: Given): void {
  const save = (...rows: { key: string; seen: number; state: string }[]) =>
    given().store.saveRates({ rows, expiresAt: T0 + 1_000 });
  const load = async (...keys: string[]) =>
    [...(await given().store.loadRates(keys))].sort((a, b) => (a.key < b.key ? -1 : 1));

  test('what is written is read, its version rises, other keys are not given', async () => {
    expect(await load('a', 'b')).toEqual([]);
    expect(
      await save({ key: 'a', seen: 0, state: '[1]' }, { key: 'b', seen: 0, state: '[2]' }),
    ).toBe(true);
    expect(await load('a', 'b', 'c')).toEqual([
      { key: 'a', version: 1, state: '[1]' },
      { key: 'b', version: 1, state: '[2]' },
    ]);
    expect(await save({ key: 'a', seen: 1, state: '[3]' })).toBe(true);
    expect(await load('a')).toEqual([{ key: 'a', version: 2, state: '[3]' }]);
    expect(await load()).toEqual([]);
  });

  test('one that changed since it was seen keeps all from being written', async () => {
    await save({ key: 'a', seen: 0, state: '[1]' });
    await save({ key: 'a', seen: 1, state: '[2]' });
    for (const seen of [0, 1, 3]) {
      expect(
        await save({ key: 'b', seen: 0, state: '[9]' }, { key: 'a', seen, state: '[9]' }),
      ).toBe(false);
    }
    expect(await load('a', 'b')).toEqual([{ key: 'a', version: 2, state: '[2]' }]);
  });

  test('a long state comes back as it was', async () => {
    const state = JSON.stringify(Array.from({ length: 4_000 }, (_, at) => at));
    await save({ key: 'a', seen: 0, state });
    expect(await load('a')).toEqual([{ key: 'a', version: 1, state }]);
  });

  test('of 16 who write at once over two replicas, each sees what came before it', async () => {
    const { store, reopen } = given();
    const replica = await reopen();
    let refused = 0;
    await Promise.all(
      Array.from({ length: 16 }, async (_, at) => {
        const mine = at % 2 === 0 ? store : replica;
        for (let tried = 0; tried < 400; tried += 1) {
          const [row] = await mine.loadRates(['a']);
          const list = JSON.parse(row?.state ?? '[]') as number[];
          const next = { key: 'a', seen: row?.version ?? 0, state: JSON.stringify([...list, at]) };
          if (await mine.saveRates({ rows: [next], expiresAt: T0 })) return;
          refused += 1;
        }
        throw new Error('never written');
      }),
    );
    const [row] = await load('a');
    expect(row?.version).toBe(16);
    expect((JSON.parse(row?.state ?? '[]') as number[]).sort((a, b) => a - b)).toEqual(
      Array.from({ length: 16 }, (_, at) => at),
    );
    expect(refused).toBeGreaterThan(0);
  });

  test('rates are forgotten from their end on', async () => {
    await save({ key: 'a', seen: 0, state: '[1]' });
    await given().store.purge(T0 + 999, 10);
    expect(await load('a')).toHaveLength(1);
    expect(await given().store.purge(T0 + 1_000, 10)).toBe(1);
    expect(await load('a')).toEqual([]);
  });
}
