import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLogger } from '../../../src/lib/logger.ts';
import { StoreError } from '../../../src/usecases/ports/store-error.ts';
import { openSqliteStore } from '../../../src/store/sqlite/store.ts';
import { change, request, submission } from '../build.ts';

/**
 * Kills the store's thread while a commit waits. Arguments: path, and by how much the clock is set
 * back then (ms). Prints the results of the waiting commit, of one right after it and of one 1.1 s
 * later, then how often the waiting one is in the store.
 */
const [path = '', backMs = '0'] = process.argv.slice(2);
let behindMs = 0;
const clock = { now: () => systemClock.now() - behindMs };
const created = once(process, 'worker');
const store = await openSqliteStore({ path, clock, log: silentLogger });
const [thread] = (await created) as [Worker];
const say = (text: unknown) => process.stdout.write(`${String(text)}\n`);
const codeOf = (error: unknown) => (error instanceof StoreError ? error.code : error);

const sent = submission(request());
const waiting = store.commit(sent).catch(codeOf);
const exited = once(thread, 'exit');
void thread.terminate();
say(await waiting);
await exited;
say(await store.commit(change()).catch(codeOf));
behindMs = Number(backMs);
await new Promise((resolve) => setTimeout(resolve, 1_100));
const again = await store.commit(sent);
say(again.status === 'conflict' ? 'conflict' : 'known');
say((await store.listRequests({ limit: 9 })).length);
await store.close();
