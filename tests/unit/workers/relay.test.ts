import { systemIds } from '../../../src/lib/ids.ts';
import { silentLogger } from '../../../src/lib/logger.ts';
import { backoffMs } from '../../../src/workers/backoff.ts';
import { startRelay } from '../../../src/workers/relay.ts';
import type { Relay, RelayOptions } from '../../../src/workers/relay.ts';
import type { JobKind } from '../../../src/usecases/ports/job-store.ts';
import type { JobHandler, JobResult } from '../../../src/usecases/jobs/job-handler.ts';
import { StoreError } from '../../../src/usecases/ports/store-error.ts';
import { memoryJobs } from './memory-jobs.ts';
import type { MemoryJobs } from './memory-jobs.ts';

let now = 0;
let store: MemoryJobs;
let relay: Relay | undefined;
const running: Relay[] = [];
beforeEach(() => {
  now = 1_000_000;
  store = memoryJobs();
});
afterEach(async () => {
  for (const started of running.splice(0)) await started.stop();
});

function start(
  run: JobHandler['run'],
  { maxAttempts = 30, ...more }: Partial<RelayOptions> & { maxAttempts?: number } = {},
): Relay {
  const handler = <Kind extends JobKind>(kind: Kind): JobHandler<Kind> => ({
    kind,
    lane: 'delivery',
    maxAttempts,
    run,
  });
  relay = startRelay({
    store,
    handlers: {
      card: handler('card'),
      notify: handler('notify'),
      reply: handler('reply'),
      execute: handler('execute'),
      expire: handler('expire'),
    },
    clock: { now: () => now },
    ids: systemIds,
    log: silentLogger,
    pollMs: 15,
    leaseMs: 60_000,
    stopMs: 300,
    ...more,
  });
  running.push(relay);
  return relay;
}
async function until(holds: () => boolean, what: string): Promise<void> {
  for (let waited = 0; waited < 400; waited += 1) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`never: ${what}`);
}
/** A delivery that ends when `open` is called. */
function gate() {
  let open: (result: JobResult) => void = () => undefined;
  const delivery = new Promise<JobResult>((resolve) => {
    open = resolve;
  });
  return { delivery, open };
}

describe('the relay', () => {
  test('delivers every due job once and deletes it', async () => {
    for (let at = 0; at < 50; at += 1) store.add(`job-${at}`);
    const seen: string[] = [];
    // With this poll interval only the end of a delivery can start the next ones.
    start(
      async (job) => {
        seen.push(job.key);
        return 'done';
      },
      {
        concurrency: 4,
        pollMs: 60_000,
      },
    );
    await until(() => store.rows.size === 0, 'all jobs gone');
    expect(new Set(seen).size).toBe(50);
    expect(seen).toHaveLength(50);
  });

  test('holds at most `concurrency` jobs, and a slow job delays no other', async () => {
    const slow = gate();
    store.add('slow');
    for (let at = 0; at < 20; at += 1) store.add(`job-${at}`);
    let most = 0;
    const started = start(
      (job) => {
        most = Math.max(most, started.inFlight());
        return job.key === 'slow' ? slow.delivery : Promise.resolve('done' as const);
      },
      { concurrency: 3 },
    );
    await until(() => store.rows.size === 1, 'the others delivered');
    expect([...store.rows.keys()]).toEqual(['slow']);
    expect(most).toBeLessThanOrEqual(3);
    expect(Math.max(...store.leases.map(({ limit }) => limit))).toBeLessThanOrEqual(3);
    slow.open('done');
    await until(() => store.rows.size === 0, 'the slow one too');
  });

  test('leases no job while all places are taken', async () => {
    const held = gate();
    for (let at = 0; at < 10; at += 1) store.add(`job-${at}`);
    let begun = 0;
    start(
      () => {
        begun += 1;
        return held.delivery;
      },
      { concurrency: 3 },
    );
    await until(() => begun === 3, 'hands full');
    relay?.wake();
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(begun).toBe(3);
    expect([...store.rows.values()].filter((row) => row.attempts > 0)).toHaveLength(3);
    held.open('done');
    await until(() => store.rows.size === 0, 'all delivered');
  });

  test('jobs that wait aside take no place, and their leases are renewed', async () => {
    const turn = gate();
    for (let at = 0; at < 5; at += 1) store.add(`waits-${at}`);
    for (let at = 0; at < 5; at += 1) store.add(`quick-${at}`);
    const wait = turn.delivery.then(() => undefined);
    const started = start(
      async (job, { aside }) => {
        if (job.key.startsWith('quick')) return 'done';
        aside(wait);
        return turn.delivery;
      },
      { concurrency: 2, leaseMs: 90 },
    );
    await until(() => store.rows.size === 5, 'the others delivered');
    await until(() => started.inFlight() === 5, 'all wait');
    now += 80;
    const renewed = () => [...store.rows.values()].every((row) => row.leaseUntil >= now + 90);
    await until(renewed, 'their leases are renewed');
    turn.open('done');
    await until(() => store.rows.size === 0, 'they too');
  });

  test('stopping aborts waiting jobs and returns them with unchanged attempts', async () => {
    store.add('waits');
    const started = start(async (_job, { aside, signal }) => {
      const wait = new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => resolve());
      });
      aside(wait);
      await wait;
      return { notBefore: now, why: 'the process stops' };
    });
    await until(() => started.inFlight() === 1, 'it waits');
    await started.stop();
    expect(store.rows.get('waits')).toMatchObject({ attempts: 0, leaseUntil: 0 });
  });

  test('retries a job that throws with growing delays, without delaying others', async () => {
    store.add('bad');
    store.add('good');
    start(async (job) => {
      if (job.key === 'bad') throw new Error('boom', { cause: new Error('the reason') });
      return 'done';
    });
    await until(() => store.rows.get('bad')?.error !== null, 'failed once');
    await until(() => store.rows.size === 1, 'the other delivered');
    const row = store.rows.get('bad');
    expect(row?.error).toBe('Error: boom <- Error: the reason');
    expect((row?.runAt ?? 0) - now).toBeGreaterThanOrEqual(500);
    expect((row?.runAt ?? 0) - now).toBeLessThanOrEqual(1_000);
    now += 1_000;
    relay?.wake();
    await until(() => store.rows.get('bad')?.attempts === 2, 'second try');
  });

  test('retries at the given time, and parks jobs that are dead or out of attempts', async () => {
    store.add('later');
    store.add('dead');
    store.add('often');
    start(
      async (job): Promise<JobResult> => {
        if (job.key === 'later') return { retryAtMs: now + 7_000, error: 'busy' };
        if (job.key === 'dead') return { dead: 'no such channel' };
        return { retryAtMs: now, error: 'again' };
      },
      { maxAttempts: 3 },
    );
    await until(() => store.rows.get('often')?.dead === true, 'given up');
    expect(store.rows.get('often')?.attempts).toBe(3);
    expect(store.rows.get('later')).toMatchObject({ runAt: now + 7_000, dead: false });
    expect(store.rows.get('dead')).toMatchObject({ dead: true, error: 'no such channel' });
  });

  test('returns a job whose turn has not come, without using up an attempt', async () => {
    store.add('waits');
    let turns = 0;
    start(
      async (): Promise<JobResult> => {
        turns += 1;
        return turns < 9 ? { notBefore: now, why: 'its turn comes' } : 'done';
      },
      { maxAttempts: 3 },
    );
    await until(() => store.rows.size === 0, 'delivered');
    expect(turns).toBe(9);
  });

  test('runs a job again that is inserted again while it is held', async () => {
    store.add('card');
    let runs = 0;
    start(async (job) => {
      runs += 1;
      if (runs === 1) store.add(job.key);
      return 'done';
    });
    await until(() => store.rows.size === 0, 'done');
    expect(runs).toBe(2);
  });

  test('retries a job of an unknown kind', async () => {
    store.add('newer');
    Object.assign(store.rows.get('newer') ?? {}, { kind: 'tomorrow' });
    start(async () => 'done');
    await until(() => store.rows.get('newer')?.error !== null, 'failed once');
    expect(store.rows.get('newer')).toMatchObject({ dead: false, attempts: 1 });
  });

  test('sleeps until the next job is due, and wakes at once by `wake`', async () => {
    store.add('future', now + 500_000);
    start(async () => 'done', { pollMs: 60_000 });
    await until(() => store.leases.length === 1, 'looked once');
    store.add('urgent');
    relay?.wake();
    await until(() => !store.rows.has('urgent'), 'urgent delivered');
    expect(store.rows.has('future')).toBe(true);
    expect(store.leases.length).toBeLessThan(6);
  });

  test('finds jobs of other processes within the poll interval', async () => {
    start(async () => 'done');
    await until(() => store.leases.length > 0, 'looked once');
    store.add('elsewhere');
    await until(() => store.rows.size === 0, 'delivered');
  });

  test('never runs a job twice at once when its lease expires during a delivery', async () => {
    const slow = gate();
    store.add('slow');
    let started = 0;
    start(
      () => {
        started += 1;
        return slow.delivery;
      },
      { leaseMs: 1_000 },
    );
    await until(() => started === 1, 'started');
    now += 5_000;
    relay?.wake();
    await until(() => store.rows.get('slow')?.fence === 2, 'leased again');
    expect(started).toBe(1);
    slow.open('done');
    await until(() => !store.rows.has('slow'), 'delivered by the second lease');
    expect(started).toBe(2);
  });

  test('renews the lease during a slow delivery', async () => {
    const slow = gate();
    store.add('slow');
    start(() => slow.delivery, { leaseMs: 90 });
    await until(() => store.rows.get('slow')?.fence === 1, 'leased');
    for (let lease = 0; lease < 3; lease += 1) {
      now += 80;
      const ends = now + 90;
      await until(() => (store.rows.get('slow')?.leaseUntil ?? 0) >= ends, 'renewed');
    }
    expect(store.rows.get('slow')).toMatchObject({ fence: 1, attempts: 1 });
    slow.open('done');
    await until(() => !store.rows.has('slow'), 'delivered');
  });

  test('a hanging delivery loses its job after `holdMs`', async () => {
    store.add('stuck');
    start(() => new Promise(() => undefined), { leaseMs: 90, holdMs: 1_000, stopMs: 10 });
    await until(() => store.rows.get('stuck')?.fence === 1, 'leased');
    now += 1_000;
    await until(() => store.rows.get('stuck')?.fence === 2, 'leased anew');
  });

  test('renews leases after failing renewals', async () => {
    const slow = gate();
    store.add('slow');
    const { renewJobs } = store;
    let failures = 3;
    store.renewJobs = async (options) => {
      failures -= 1;
      if (failures >= 0) throw new Error('the database is away');
      return renewJobs(options);
    };
    start(() => slow.delivery, { leaseMs: 90 });
    await until(() => store.rows.get('slow')?.fence === 1, 'leased');
    now += 50;
    const ends = now + 90;
    await until(() => (store.rows.get('slow')?.leaseUntil ?? 0) >= ends, 'renewed');
    expect(failures).toBeLessThan(0);
    slow.open('done');
  });

  test('runs a job at once that is inserted again during its acknowledgement', async () => {
    store.add('card', now);
    const { ackJob } = store;
    store.ackJob = async (job) => {
      // Another commit asks for it, and the loop leases before this delivery has ended.
      if (delivered === 1) store.add('card');
      const acked = await ackJob(job);
      relay?.wake();
      await new Promise((resolve) => setTimeout(resolve, 50));
      return acked;
    };
    let delivered = 0;
    start(
      async () => {
        delivered += 1;
        return 'done';
      },
      { leaseMs: 120_000 },
    );
    await until(() => !store.rows.has('card'), 'settled');
    expect(delivered).toBe(2);
  });

  test('continues after store failures', async () => {
    store.add('job');
    const { leaseJobs, ackJob } = store;
    let failures = 2;
    store.leaseJobs = async (options) => {
      failures -= 1;
      if (failures >= 0) throw new Error('the database is away');
      return leaseJobs(options);
    };
    let lost = 1;
    store.ackJob = async (job) => {
      lost -= 1;
      if (lost >= 0) throw new Error('the answer was lost');
      return ackJob(job);
    };
    start(async () => 'done', { leaseMs: 1_000 });
    await until(() => lost === 0, 'first ack lost');
    now += 2_000;
    await until(() => store.rows.size === 0, 'delivered after the lease ended');
  });

  test('stopping finishes held jobs within a time limit and leases no more', async () => {
    const first = gate();
    store.add('first');
    const started = start(() => first.delivery, { concurrency: 1 });
    await until(() => started.inFlight() === 1, 'in flight');
    store.add('second');
    const stopped = started.stop();
    first.open('done');
    await stopped;
    expect([...store.rows.keys()]).toEqual(['second']);

    const hanging = start(() => new Promise(() => undefined), { stopMs: 50 });
    await until(() => hanging.inFlight() === 1, 'hangs');
    const before = performance.now();
    await hanging.stop();
    expect(performance.now() - before).toBeLessThan(1_000);
  });
});

describe('the delay after a failure', () => {
  const drawing = (byte: number) => ({
    ...systemIds,
    secret: (size: number) => Buffer.alloc(size, byte).toString('base64url'),
  });

  test('doubles from a second to five minutes, with jitter from half to all of it', () => {
    const least = [1, 2, 3, 9, 10, 500].map((tries) => backoffMs(tries, drawing(0)));
    const most = [1, 2, 3, 9, 10, 500].map((tries) => backoffMs(tries, drawing(255)));
    expect(least).toEqual([500, 1_000, 2_000, 128_000, 150_000, 150_000]);
    expect(most).toEqual([1_000, 2_000, 4_000, 256_000, 300_000, 300_000]);
  });
});

describe('a message that Teams does not take', () => {
  const HOUR_MS = 3_600_000;

  test('is tried any number of times, with rests that grow to an hour', async () => {
    store.add('card');
    const rests: number[] = [];
    let tried = 0;
    start(
      async () => {
        tried += 1;
        return { retryAtMs: null, refused: '403' };
      },
      { maxAttempts: 3 },
    );
    for (let round = 1; round <= 20; round += 1) {
      await until(
        () => tried === round && (store.rows.get('card')?.leaseUntil ?? 1) === 0,
        'tried',
      );
      const dueAt = store.rows.get('card')?.dueAt ?? 0;
      rests.push(dueAt - now);
      now = dueAt;
    }
    expect(Math.max(...rests)).toBeLessThanOrEqual(HOUR_MS);
    expect(Math.min(...rests.slice(-5))).toBeGreaterThanOrEqual(HOUR_MS / 2);
    expect(await store.countJobs()).toEqual({ waiting: 1, dead: 0, undeliverable: 0 });
  });

  test('is parked as undeliverable, which is no dead letter', async () => {
    store.add('card');
    start(async () => ({ undeliverable: 'status 403' }));
    await until(() => store.rows.get('card')?.parked !== null, 'parked');
    expect(await store.countJobs()).toEqual({ waiting: 0, dead: 0, undeliverable: 1 });
    expect(store.rows.get('card')?.error).toBe('status 403');
  });

  test('is not given up because the store is away after many tries', async () => {
    store.add('card');
    start(
      async () => {
        throw new StoreError('store_unavailable', 'away');
      },
      { maxAttempts: 1 },
    );
    await until(() => store.rows.get('card')?.error !== null, 'a failure');
    expect(await store.countJobs()).toEqual({ waiting: 1, dead: 0, undeliverable: 0 });
  });
});
