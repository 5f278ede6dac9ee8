import { systemClock } from '../../../src/lib/clock.ts';
import { silentLogger } from '../../../src/lib/logger.ts';
import { openSqliteStore } from '../../../src/store/sqlite/store.ts';
import { deciding, request, submission } from '../build.ts';

/**
 * Asks and decides `rounds` times by each of `workers` at once: path, rounds, workers. Prints
 * `<request id> <number>` after each decision that the store confirmed, and nothing else.
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
