import fc from 'fast-check';
import { memoryLeases } from '../../support/memory-leases.ts';
import { VirtualTime, virtualTeams } from './virtual-teams.ts';
import type { Received, VirtualTeams } from './virtual-teams.ts';
import type { DeliveryError } from '../../../src/usecases/ports/delivery-error.ts';

/** Teams' documented windows, written down once more. */
const THREAD = [
  [7, 1_000],
  [8, 2_000],
  [60, 30_000],
  [1_800, 3_600_000],
] as const;
const TENANT = [[50, 1_000]] as const;
type Windows = readonly (readonly [calls: number, spanMs: number])[];

/** Pairs of calls that are nearer to each other than a window allows. */
function passed(received: readonly Received[], windows: Windows): string[] {
  const times = received.map(({ at }) => at).sort((a, b) => a - b);
  return windows.flatMap(([calls, spanMs]) =>
    times
      .slice(calls)
      .map((at, index) => ({ index, apartMs: at - (times[index] ?? 0) }))
      .filter(({ apartMs }) => apartMs < spanMs)
      .map(({ index, apartMs }) => `${calls + 1} calls from the ${index}th on in ${apartMs} ms`),
  );
}

function passedAnywhere(received: readonly Received[]): string[] {
  const threads = [...Map.groupBy(received, ({ thread }) => thread).values()];
  return [...threads.flatMap((calls) => passed(calls, THREAD)), ...passed(received, TENANT)];
}

/** When the next call fits into windows that already hold these times, in order. */
function free(times: readonly number[], windows: Windows): number {
  return Math.max(
    ...windows.map(([calls, spanMs]) => (times[times.length - calls] ?? -Infinity) + spanMs),
  );
}

interface Load {
  readonly bursts: readonly { readonly afterMs: number; readonly calls: number }[];
  /** After so many calls one is answered with Retry-After. */
  readonly rest: { readonly afterCalls: number; readonly seconds: number } | null;
}

/**
 * The least time: a call at a time, the soonest first, each as soon as the windows allow. Gives when
 * the last call of each thread was made. A call that is refused is made once more.
 */
function leastTimes(loads: readonly Load[]): number[] {
  const threads = loads.map(({ bursts, rest }) => ({
    due: bursts
      .flatMap(({ afterMs, calls }) => Array<number>(calls).fill(afterMs))
      .sort((a, b) => a - b),
    times: [] as number[],
    restUntil: 0,
    rest,
  }));
  const all: number[] = [];
  for (;;) {
    const next = threads
      .filter(({ due }) => due.length > 0)
      .map((thread) => {
        const open = Math.max(free(thread.times, THREAD), free(all, TENANT), thread.restUntil);
        return { thread, at: Math.max(open, thread.due[0] ?? 0) };
      })
      .sort((a, b) => a.at - b.at)[0];
    if (next === undefined) return threads.map(({ times }) => times.at(-1) ?? 0);
    const { thread, at } = next;
    if (thread.rest?.afterCalls === thread.times.length) {
      thread.restUntil = at + thread.rest.seconds * 1_000;
    } else thread.due.shift();
    thread.times.push(at);
    all.push(at);
  }
}

const loads = fc.array(
  fc.record<Load>({
    bursts: fc.array(
      fc.record({
        afterMs: fc.integer({ min: 0, max: 5_000 }),
        calls: fc.integer({ min: 1, max: 90 }),
      }),
      { minLength: 1, maxLength: 3 },
    ),
    rest: fc.option(
      fc.record({
        afterCalls: fc.integer({ min: 0, max: 40 }),
        seconds: fc.integer({ min: 1, max: 9 }),
      }),
    ),
  }),
  { minLength: 1, maxLength: 7 },
);

/** Lateness of timers: often the worst. */
const lateness = fc.infiniteStream(
  fc.oneof(fc.integer({ min: 0, max: 200 }), fc.constant(200), fc.constant(0)),
);

test('every queue drains within 1.3 times the least time, and no window is passed', async () => {
  await fc.assert(
    fc.asyncProperty(loads, lateness, async (all, late) => {
      const time = new VirtualTime();
      const start = time.now;
      const teams = virtualTeams({
        time,
        leases: memoryLeases(),
        lateMs: () => late.next().value ?? 0,
        travelMs: () => (late.next().value ?? 0) / 8,
        refuse: (thread, before) => {
          const rest = all[Number(thread)]?.rest;
          return rest?.afterCalls === before ? rest.seconds : undefined;
        },
      });
      const jobs = all.flatMap(({ bursts }, thread) =>
        bursts.map(async ({ afterMs, calls }, burst) => {
          await time.after(afterMs);
          await Promise.all(
            Array.from({ length: calls }, (_, at) => teams.job(String(thread), `${burst}-${at}`)),
          );
        }),
      );
      await time.until(Promise.all(jobs));
      expect(passedAnywhere(teams.received)).toEqual([]);
      const least = leastTimes(all);
      for (const [thread, { bursts }] of all.entries()) {
        const mine = teams.received.filter((call) => call.thread === String(thread));
        const begins = Math.min(...bursts.map(({ afterMs }) => afterMs));
        const tookMs = Math.max(...mine.map(({ madeAt }) => madeAt)) - start - begins;
        const leastMs = (least[thread] ?? 0) - begins;
        expect({ thread, tookMs, leastMs, ok: tookMs <= 1.3 * leastMs }).toMatchObject({
          ok: true,
        });
      }
    }),
    { numRuns: 40 },
  );
}, 120_000);

test('fifty calls a second go to one tenant, whatever the threads', async () => {
  const time = new VirtualTime();
  const begin = time.now;
  const teams = virtualTeams({ time, leases: memoryLeases(), travelMs: () => 20 });
  const jobs = Array.from({ length: 140 }, (_, at) => teams.job(String(at % 20), String(at)));
  await time.until(Promise.all(jobs));
  expect(passedAnywhere(teams.received)).toEqual([]);
  const seconds = teams.received.map(({ madeAt }) => Math.floor((madeAt - begin) / 1_000));
  expect([0, 1, 2].map((second) => seconds.filter((one) => one === second).length)).toEqual([
    50, 50, 40,
  ]);
});

describe('processes that share threads', () => {
  test('pass no window, whoever is killed with calls under way, and do all the work', async () => {
    const killAfter = fc.option(fc.integer({ min: 1, max: 40 }));
    await fc.assert(
      fc.asyncProperty(
        lateness,
        fc.integer({ min: 2, max: 4 }),
        killAfter,
        async (late, n, kill) => {
          const time = new VirtualTime();
          const leases = memoryLeases();
          const received: Received[] = [];
          const draw = () => late.next().value ?? 0;
          const processes = Array.from({ length: n }, () =>
            virtualTeams(
              {
                time,
                leases,
                lateMs: draw,
                travelMs: () => draw() / 2,
                aheadMs: draw() / 5,
                share: { calls: () => Math.floor(50 / n) },
                refuse: () => {
                  if (received.length === kill) processes[0]?.kill();
                  return undefined;
                },
              },
              received,
            ),
          );
          const names = Array.from({ length: 70 }, (_, at) => String(at));
          const done = new Set<string>();
          const work = (process: VirtualTeams | undefined, name: string) =>
            process?.job(`thread-${Number(name) % 2}`, name).then(() => done.add(name));
          const mine = names.filter((name) => Number(name) % n === 0);
          for (const name of mine) void work(processes[0], name);
          const others = names.filter((name) => !mine.includes(name));
          await time.until(
            Promise.all([
              ...others.map((name) => work(processes[Number(name) % n], name)),
              // A killed process's jobs are another one's when their lease has run out.
              time
                .after(15_000)
                .then(() =>
                  Promise.all(
                    mine.filter((name) => !done.has(name)).map((name) => work(processes[1], name)),
                  ),
                ),
            ]),
          );
          expect(done.size).toBe(names.length);
          expect(passedAnywhere(received)).toEqual([]);
        },
      ),
      { numRuns: 40 },
    );
  }, 120_000);

  test('a thread stays with a killed process for one lease, and then goes on', async () => {
    const time = new VirtualTime();
    const leases = memoryLeases();
    const received: Received[] = [];
    const begin = time.now;
    const killed = virtualTeams({ time, leases, travelMs: () => 50 }, received);
    const other = virtualTeams({ time, leases }, received);
    void killed.job('a', 'lost');
    await time.until(time.after(10));
    killed.kill();
    await time.until(other.job('a', 'next'));
    expect(received.map(({ name, madeAt }) => [name, madeAt - begin])).toEqual([
      ['next', expect.any(Number)],
    ]);
    // 4 s of lease, and the window of a second for the calls that it may have made.
    expect((received[0]?.madeAt ?? 0) - begin).toBeGreaterThanOrEqual(5_000);
    expect((received[0]?.madeAt ?? 0) - begin).toBeLessThan(5_300);
  });
});

describe('the order of calls', () => {
  const call = (teams: VirtualTeams, name: string, rank: { priority: number; dueAt: number }) =>
    teams.call({ thread: 'a', name, ...rank });

  test('is that of priority, then of what is due first', async () => {
    const time = new VirtualTime();
    const teams = virtualTeams({ time, leases: memoryLeases() });
    const first = Array.from({ length: 7 }, (_, at) => teams.job('a', `first-${at}`));
    await time.until(Promise.all(first));
    const now = time.now;
    await time.until(
      Promise.all([
        call(teams, 'younger', { priority: 1, dueAt: now }),
        call(teams, 'older', { priority: 1, dueAt: now - 9_000 }),
        call(teams, 'chat', { priority: 0, dueAt: now }),
      ]),
    );
    expect(teams.received.slice(7).map(({ name }) => name)).toEqual(['chat', 'older', 'younger']);
  });

  test('gives no turn to a call that is not wanted any more', async () => {
    const time = new VirtualTime();
    const teams = virtualTeams({ time, leases: memoryLeases() });
    const dropped = Array.from({ length: 20 }, () => teams.call({ thread: 'a', name: null }));
    const made = Array.from({ length: 7 }, (_, at) => teams.job('a', String(at)));
    const begin = time.now;
    expect(await time.until(Promise.all(dropped))).toEqual(Array(20).fill(null));
    await time.until(Promise.all(made));
    expect(time.now - begin).toBe(0);
  });
});

describe('what waits', () => {
  test('is refused when it has waited for as long as it may', async () => {
    const time = new VirtualTime();
    const teams = virtualTeams({ time, leases: memoryLeases() });
    const begin = time.now;
    const calls = Array.from({ length: 40 }, (_, at) =>
      teams.call({ thread: 'a', name: String(at), maxWaitMs: 5_000 }).then(
        () => 'made',
        (error: DeliveryError) => (error.tried ? 'failed' : 'refused'),
      ),
    );
    const ends = await time.until(Promise.all(calls));
    expect(time.now - begin).toBeLessThan(5_100);
    expect(ends.filter((end) => end === 'refused').length).toBeGreaterThan(10);
    expect(ends.filter((end) => end === 'made')).toHaveLength(teams.received.length);
  });

  test('is counted, and logged when it waits for more than a minute', async () => {
    const time = new VirtualTime();
    const warned: string[] = [];
    const teams = virtualTeams({ time, leases: memoryLeases(), warned });
    const begin = time.now;
    const jobs = Array.from({ length: 130 }, (_, at) => teams.job('a', String(at)));
    await time.until(time.after(20_000));
    expect(teams.client.waiting()).toEqual({ calls: 64, longestMs: time.now - begin });
    expect(warned).toEqual([]);
    await time.until(Promise.all(jobs));
    expect(teams.client.waiting()).toEqual({ calls: 0, longestMs: 0 });
    expect(warned).toEqual([expect.stringMatching(/wait long/)]);
  });
});

describe('Retry-After', () => {
  test('of a tenant holds for all of its threads, of a thread for that one', async () => {
    const time = new VirtualTime();
    const begin = time.now;
    const teams = virtualTeams({
      time,
      leases: memoryLeases(),
      refuse: (thread, before) => (before === 0 && thread !== 'free' ? 20 : undefined),
      refusal: (thread) => `The limit of the ${thread} is passed`,
    });
    const at = async (thread: string) => {
      await teams.job(thread, thread);
      return time.now - begin;
    };
    expect(await time.until(Promise.all([at('thread'), at('free')]))).toEqual([20_000, 0]);
    const resumed = time.now;
    void teams.job('tenant', 'refused');
    await time.until(time.after(1));
    await time.until(teams.job('free', 'second'));
    expect(time.now - resumed).toBe(20_000);
  });
});
