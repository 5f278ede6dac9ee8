import {
  createRateLimiter,
  TENANT_WINDOWS,
  THREAD_WINDOWS,
} from '../../../src/teams/outbound/rate-limit.ts';
import type { Window } from '../../../src/teams/outbound/rate-limit.ts';

const thread = [{ key: 'thread a', windows: THREAD_WINDOWS }];

/** The most calls that any span of a window's length holds. */
function busiest(times: readonly number[], { spanMs }: Window): number {
  return Math.max(
    ...times.map((from) => times.filter((time) => time >= from && time < from + spanMs).length),
  );
}

test('no span of any window ever holds more calls than Teams takes', () => {
  const limiter = createRateLimiter();
  const times: number[] = [];
  for (let call = 0; call < 2_000; call += 1) {
    const { ok, waitMs } = limiter.book(thread, 1_000, Infinity);
    expect(ok).toBe(true);
    times.push(1_000 + waitMs);
  }
  for (const window of THREAD_WINDOWS) {
    expect(busiest(times, window)).toBe(window.calls);
  }
});

test('the eighth call of a second waits for the first to be a second old', () => {
  const limiter = createRateLimiter();
  const waits = [0, 10, 20, 30, 40, 50, 60, 70].map(
    (now) => limiter.book(thread, now, 5_000).waitMs,
  );
  expect(waits).toEqual([0, 0, 0, 0, 0, 0, 0, 930]);
});

test('a turn is kept for what would have to wait longer than is asked for', () => {
  const limiter = createRateLimiter();
  for (let call = 0; call < 7; call += 1) limiter.book(thread, 0, 0);
  expect(limiter.book(thread, 100, 500)).toEqual({ ok: false, waitMs: 900 });
  expect(limiter.book(thread, 1_000, 0)).toEqual({ ok: true, waitMs: 0 });
});

test('those that wait are each told a turn of their own, and find it when they come', () => {
  const limiter = createRateLimiter();
  const told = Array.from({ length: 100 }, () => limiter.book(thread, 0, 0))
    .filter(({ ok }) => !ok)
    .map(({ waitMs }) => waitMs);
  expect(told).toHaveLength(93);
  for (const window of THREAD_WINDOWS.slice(0, 3)) {
    expect(busiest([...Array<number>(7).fill(0), ...told], window)).toBe(window.calls);
  }
  for (const at of told) expect(limiter.book(thread, at, 0)).toEqual({ ok: true, waitMs: 0 });
});

test('a turn that nobody came for in time is lost, and one who comes late waits anew', () => {
  const limiter = createRateLimiter();
  const told = Array.from({ length: 8 }, () => limiter.book(thread, 0, 0)).at(-1);
  expect(told).toEqual({ ok: false, waitMs: 1_000 });
  for (let call = 0; call < 7; call += 1) {
    expect(limiter.book(thread, 11_500, 0)).toEqual({ ok: true, waitMs: 0 });
  }
  expect(limiter.book(thread, 11_500, 0)).toEqual({ ok: false, waitMs: 1_000 });
});

test('a thread that waits holds up no other thread of its tenant', () => {
  const limiter = createRateLimiter();
  const tenant = { key: 'tenant t', windows: TENANT_WINDOWS };
  for (let call = 0; call < 10; call += 1) limiter.book([...thread, tenant], 0, Infinity);
  const other = [{ key: 'thread b', windows: THREAD_WINDOWS }, tenant];
  expect(limiter.book(other, 0, 0)).toEqual({ ok: true, waitMs: 0 });
});

test('fifty a second go to one tenant, whatever the threads', () => {
  const limiter = createRateLimiter();
  const tenant = { key: 'tenant t', windows: TENANT_WINDOWS };
  const times = Array.from({ length: 120 }, (_, call) => {
    const own = { key: `thread ${call}`, windows: THREAD_WINDOWS };
    return limiter.book([own, tenant], 0, Infinity).waitMs;
  });
  expect(times.filter((time) => time === 0)).toHaveLength(50);
  expect(times.filter((time) => time === 1_000)).toHaveLength(50);
  expect(times.filter((time) => time === 2_000)).toHaveLength(20);
});
