import { correctedClock } from '../../../src/lib/clock.ts';
import { silentLogger } from '../../../src/lib/logger.ts';
import { correctClock, startSchedule } from '../../../src/workers/schedule.ts';

async function until(holds: () => boolean): Promise<void> {
  for (let waited = 0; waited < 400 && !holds(); waited += 1) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(holds()).toBe(true);
}

describe('the schedule', () => {
  test("sets the clock by the database's, at the middle of the round trip", async () => {
    let machine = 1_000;
    const machineClock = { now: () => machine };
    const clock = correctedClock(machineClock);
    const store = {
      now: async () => {
        machine += 100;
        return 51_050;
      },
      purge: async () => 0,
    };
    expect(await correctClock({ store, clock, machineClock, log: silentLogger })).toBe(true);
    expect(clock.now()).toBe(51_100);
  });

  test('ignores a reading that took too long or a machine clock that was set back', async () => {
    for (const tookMs of [2_500, -10]) {
      let machine = 100_000;
      const machineClock = { now: () => machine };
      const clock = correctedClock(machineClock);
      const store = {
        now: async () => {
          machine += tookMs;
          return 9;
        },
        purge: async () => 0,
      };
      expect(await correctClock({ store, clock, machineClock, log: silentLogger })).toBe(false);
      expect(clock.now()).toBe(100_000 + tookMs);
    }
  });

  test('purges in bounded rounds, continues after a failure, and stops', async () => {
    const calls: number[] = [];
    let failures = 1;
    const left = [10, 10, 4, 10, 0];
    const store = {
      now: async () => 1_000,
      purge: async (_now: number, limit: number) => {
        failures -= 1;
        if (failures >= 0) throw new Error('the database is away');
        calls.push(limit);
        return left.shift() ?? 0;
      },
    };
    const machineClock = { now: () => 1_000 };
    const schedule = startSchedule({
      store,
      clock: correctedClock(machineClock),
      machineClock,
      log: silentLogger,
      purgeEveryMs: 10_000_000,
      purgeLimit: 10,
    });
    await until(() => failures === 0);
    schedule.wake();
    await until(() => calls.length === 3);
    await schedule.stop();
    expect(calls).toEqual([10, 10, 10]);
    schedule.wake();
    expect(calls).toHaveLength(3);
  });

  test('limits the rounds of a purge that never ends', async () => {
    let calls = 0;
    const store = {
      now: async () => 1_000,
      purge: async () => {
        calls += 1;
        return 1_000;
      },
    };
    const machineClock = { now: () => 1_000 };
    const schedule = startSchedule({
      store,
      clock: correctedClock(machineClock),
      machineClock,
      log: silentLogger,
    });
    await until(() => calls === 20);
    await schedule.stop();
    expect(calls).toBe(20);
  });
});
