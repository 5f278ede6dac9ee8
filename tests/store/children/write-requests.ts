import { systemClock } from '../../../src/lib/clock.ts';
import { silentLogger } from '../../../src/lib/logger.ts';
import { openSqliteStore } from '../../../src/store/sqlite/store.ts';
import { deciding, request, submission } from '../build.ts';

/**
 * Submits and decides `rounds` times in each of `workers` concurrently. Arguments: path, rounds,
 * workers. Prints only `<request id> <number>` after each decision that the store confirmed.
 */
const [path = '', rounds = '0', workers = '1'] = process.argv.slice(2);
const store = await openSqliteStore({ path, clock: systemClock, log: silentLogger });

async function work(): Promise<void> {
  for (let round = 0; round < Number(rounds); round += 1) {
    const asked = request();
    await store.commit(submission(asked));
    const decided = await store.commit(deciding(asked));
    if (decided.status !== 'committed') throw new Error(`not committed: ${decided.status}`);
    process.stdout.write(`${asked.id} ${decided.number}\n`);
  }
}

await Promise.all(Array.from({ length: Number(workers) }, work));
await store.close();
