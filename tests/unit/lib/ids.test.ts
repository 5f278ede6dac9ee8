import { idsFrom, systemIds } from '../../../src/lib/ids.ts';

const NOW = Date.UTC(2026, 10, 29);

test('ids have a prefix and 26 characters, and are unique', () => {
  const made = Array.from({ length: 5_000 }, () => systemIds.next('evt', NOW));
  for (const id of made) expect(id).toMatch(/^evt_[0-9a-hjkmnp-tv-z]{26}$/);
  expect(new Set(made).size).toBe(made.length);
});

test('ids increase within a millisecond and across milliseconds', () => {
  const made = Array.from({ length: 5_000 }, (_, at) =>
    systemIds.next('evt', NOW + Math.floor(at / 100)),
  );
  expect([...made].sort()).toEqual(made);
});

test('each millisecond starts at random bits, and each id ends with its own random bits', () => {
  const bytes = (fill: number) => () => new Uint8Array(10).fill(fill);
  const one = idsFrom(bytes(1)).next('a', NOW);
  expect(idsFrom(bytes(2)).next('a', NOW).slice(0, 12)).toBe(one.slice(0, 12));
  expect(idsFrom(bytes(2)).next('a', NOW).slice(12, 20)).not.toBe(one.slice(12, 20));
  const twice = idsFrom(bytes(255));
  const [first, second] = [twice.next('a', NOW), twice.next('a', NOW)];
  expect(second > first).toBe(true);
  expect(second.slice(-8)).toBe(first.slice(-8));
});

test('ids increase when two concurrent callers read the clock in turn', () => {
  const made = Array.from({ length: 5_000 }, (_, at) =>
    systemIds.next('evt', NOW + at - (at % 2) * 7),
  );
  expect([...made].sort()).toEqual(made);
});

test('a clock set back gives ids of its time, which are unique', () => {
  const hour = 3_600_000;
  const made = [NOW, NOW - hour, NOW, NOW - hour].map((now) => systemIds.next('req', now));
  expect(new Set(made).size).toBe(4);
  expect(made[1]?.slice(0, 14)).toBe(
    idsFrom((size) => new Uint8Array(size))
      .next('req', NOW - hour)
      .slice(0, 14),
  );
});
