import { systemClock } from '../../../src/lib/clock.ts';
import { silentLogger } from '../../../src/lib/logger.ts';
import { openSqliteStore } from '../../../src/store/sqlite/store.ts';
import { openSqlServerStore } from '../../../src/store/sqlserver/store.ts';
import { T0 } from '../build.ts';
import { LONG_TIMING } from '../support/open-sqlserver.ts';

/**
 * Leases and acknowledges jobs with several workers until none is left. Arguments: engine, location,
 * number of workers. Prints `ready`, starts at the end of its input, and prints the key of each job
 * that it leased and acknowledged.
 */
const [engine = '', where = '', workers = '1'] = process.argv.slice(2);
const given = { clock: systemClock, log: silentLogger };
const store =
  engine === 'sqlite'
    ? await openSqliteStore({ ...given, path: where })
    : await openSqlServerStore({
        ...given,
        ...LONG_TIMING,
        connectionString: where,
        allowUntrusted: true,
      });
// The server compiles the first lease, which must not delay the race.
await store.leaseJobs({ limit: 1, leaseMs: 1, now: 0 });
const go = new Promise((resolve) => process.stdin.once('end', resolve).resume());
process.stdout.write('ready\n');
await go;

async function work(): Promise<void> {
  for (;;) {
    const jobs = await store.leaseJobs({ limit: 5, leaseMs: 600_000, now: T0 });
    if (jobs.length === 0) return;
    for (const { key, fence } of jobs) {
      const kept = await store.renewJobs({ jobs: [{ key, fence }], leaseMs: 600_000, now: T0 });
      if (!kept.includes(key)) throw new Error(`${key} is another's`);
      if (!(await store.ackJob({ key, fence }))) throw new Error(`${key} was lost`);
      process.stdout.write(`${key}\n`);
    }
  }
}

await Promise.all(Array.from({ length: Number(workers) }, work));
await store.close();
