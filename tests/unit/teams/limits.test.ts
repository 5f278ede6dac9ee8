import { systemIds } from '../../../src/lib/ids.ts';
import { silentLogger } from '../../../src/lib/logger.ts';
import { ownLimits, sharedLimits } from '../../../src/teams/outbound/limits.ts';
import type { Limits } from '../../../src/teams/outbound/limits.ts';
import { decodeRate, encodeRate } from '../../../src/teams/outbound/rate-code.ts';
import { TENANT_WINDOWS, THREAD_WINDOWS } from '../../../src/teams/outbound/rate-limit.ts';
import type { RateStore, StoredRate } from '../../../src/usecases/ports/store.ts';

const T0 = 1_763_000_000_000;
const thread = (name: string) => [
  { key: `thread ${name}`, windows: THREAD_WINDOWS },
  { key: 'tenant', windows: TENANT_WINDOWS },
];

/** A rate store in a map, which answers a little later, as a database does. */
function memoryRates(): RateStore & { fail: boolean; refused: number } {
  const rows = new Map<string, StoredRate>();
  const later = () => new Promise<void>((resolve) => setImmediate(resolve));
  const store = {
    fail: false,
    refused: 0,
    async loadRates(keys: readonly string[]) {
      await later();
      if (store.fail) throw new Error('the database is away');
      return keys.flatMap((key) => rows.get(key) ?? []);
    },
    async saveRates({ rows: given }: Parameters<RateStore['saveRates']>[0]) {
      await later();
      const same = given.every(({ key, seen }) => (rows.get(key)?.version ?? 0) === seen);
      store.refused += same ? 0 : 1;
      for (const { key, seen, state } of same ? given : []) {
        rows.set(key, { key, version: seen + 1, state });
      }
      return same;
    },
  };
  return store;
}

let now = T0;
const clock = { now: () => now };
const replicaOn = (store: RateStore): Limits =>
  sharedLimits({
    store,
    clock,
    ids: systemIds,
    log: silentLogger,
    wait: () => new Promise((resolve) => setImmediate(resolve)),
  });
beforeEach(() => {
  now = T0;
});

function busiest(times: readonly number[], spanMs: number): number {
  return Math.max(
    ...times.map((from) => times.filter((time) => time >= from && time < from + spanMs).length),
  );
}

test('replicas that book at once never exceed a limit together, and none starves', async () => {
  const store = memoryRates();
  const replicas = [replicaOn(store), replicaOn(store), replicaOn(store)];
  const booked = await Promise.all(
    Array.from({ length: 120 }, async (_, at) => {
      const { ok, waitMs } = await (replicas[at % 3] ?? ownLimits(clock)).book(
        thread(String(at % 2)),
        Infinity,
      );
      expect(ok).toBe(true);
      return { thread: at % 2, at: now + waitMs };
    }),
  );
  for (const one of [0, 1]) {
    const times = booked.filter((each) => each.thread === one).map(({ at }) => at);
    for (const { calls, spanMs } of THREAD_WINDOWS) {
      expect(busiest(times, spanMs)).toBeLessThanOrEqual(calls);
    }
    // Nor do they leave much of it: sixty calls are over in what 60 in 30 s take.
    expect(Math.max(...times) - T0).toBeLessThan(31_000);
  }
  expect(store.refused).toBeGreaterThan(0);
});

test('a replica that starts anew knows what the last one booked', async () => {
  const store = memoryRates();
  const first = replicaOn(store);
  for (let call = 0; call < 7; call += 1) await first.book(thread('a'), 0);
  expect(await replicaOn(store).book(thread('a'), 0)).toMatchObject({ ok: false });
  expect(await replicaOn(store).book(thread('b'), 0)).toEqual({ ok: true, waitMs: 0 });
});

test('what Teams told one replica is honoured by the others', async () => {
  const store = memoryRates();
  await replicaOn(store).rest('thread a', now + 20_000);
  const other = replicaOn(store);
  expect(await other.book(thread('a'), 0)).toEqual({ ok: false, waitMs: 20_000 });
  expect(await other.book(thread('b'), 0)).toEqual({ ok: true, waitMs: 0 });
  now += 20_000;
  expect(await other.book(thread('a'), 0)).toEqual({ ok: true, waitMs: 0 });
});

test('a turn that one replica was told may be taken by another', async () => {
  const store = memoryRates();
  const [one, other] = [replicaOn(store), replicaOn(store)];
  for (let call = 0; call < 7; call += 1) await one.book(thread('a'), 0);
  const { waitMs } = await one.book(thread('a'), 0);
  now += waitMs;
  expect(await other.book(thread('a'), 0)).toEqual({ ok: true, waitMs: 0 });
});

test('on a slow store turns are booked for when it is known that they are booked', async () => {
  const rates = memoryRates();
  const slow: RateStore = {
    loadRates: (keys) => rates.loadRates(keys),
    saveRates: async (options) => {
      const saved = await rates.saveRates(options);
      now += 400;
      return saved;
    },
  };
  const limits = replicaOn(slow);
  const made: number[] = [];
  for (let call = 0; call < 40; call += 1) {
    const { ok, waitMs } = await limits.book(thread('a'), Infinity);
    expect(ok).toBe(true);
    now += waitMs;
    made.push(now);
  }
  for (const { calls, spanMs } of THREAD_WINDOWS) {
    expect(busiest(made, spanMs)).toBeLessThanOrEqual(calls);
  }
});

test('while the store is away a replica keeps to the limits alone', async () => {
  const store = memoryRates();
  const limits = replicaOn(store);
  store.fail = true;
  for (let call = 0; call < 7; call += 1) {
    expect(await limits.book(thread('a'), 0)).toEqual({ ok: true, waitMs: 0 });
  }
  expect(await limits.book(thread('a'), 0)).toMatchObject({ ok: false });
  await limits.rest('thread b', now + 5_000);
  expect(await limits.book(thread('b'), 0)).toMatchObject({ ok: false });
});

test('a rate is the same after it was written down', () => {
  const rate = { rest: T0 + 5, booked: [T0, T0, T0 + 3], kept: [T0 + 9] };
  expect(decodeRate(encodeRate(rate))).toEqual(rate);
  expect(decodeRate(undefined)).toEqual({ rest: 0, booked: [], kept: [] });
  for (const none of ['null', '', '[1,', '[0,["x"],[null]]']) {
    expect(decodeRate(none)).toEqual({ rest: 0, booked: [], kept: [] });
  }
});
