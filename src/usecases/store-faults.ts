import { describeError } from '../lib/logger.ts';
import type { Logger } from '../lib/logger.ts';
import { sleep } from '../lib/loop.ts';
import type { Change, CommitResult, RequestStore } from './ports/request-store.ts';

/** Longer than an engine needs to replace a lost thread or connection. */
const COMMIT_RETRY_REST_MS = 1_200;

/** Rests of 1, 2 and 3 s: 6 s in all, well within a job's lease. */
const WRITE_TRIES = 4;
const WRITE_RETRY_REST_MS = 1_000;

/** Store faults that may end by themselves, or once an operator has made room. */
const TRANSIENT: readonly unknown[] = [
  'store_busy',
  'store_unavailable',
  'store_full',
  'store_readonly',
];

/**
 * Commits a change, and once more where its answer was lost (`store_unavailable`). The second
 * commit is safe: a change that was written already is a duplicate by its id. Errors: the store's.
 */
export async function commitWithRetry(
  store: Pick<RequestStore, 'commit' | 'loadRequest'>,
  change: Change,
): Promise<CommitResult> {
  try {
    return await store.commit(change);
  } catch (error) {
    if (codeOf(error) !== 'store_unavailable') throw error;
  }
  await sleep(COMMIT_RETRY_REST_MS);
  const again = await store.commit(change);
  if (again.status !== 'duplicate' || again.of !== 'change') return again;
  const id = change.request?.id;
  const written = id === undefined ? undefined : await store.loadRequest(id);
  return { status: 'committed', number: written?.number ?? 0 };
}

/**
 * Retries the record of what happened outside (a target's answer, a message's id), because the
 * other side will not report it again. Errors: the store's, after the last try.
 */
export async function retryWrite<Written>(
  log: Logger,
  write: () => Promise<Written>,
): Promise<Written> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await write();
    } catch (error) {
      if (tried === WRITE_TRIES || !isTransient(error)) throw error;
      log.warn('a finished effect is not recorded yet; trying again', {
        tried,
        error: describeError(error),
      });
    }
    await sleep(tried * WRITE_RETRY_REST_MS);
  }
}

/** Whether an error is a fault of the store that may end by itself. */
export function isTransient(error: unknown): boolean {
  return TRANSIENT.includes(codeOf(error));
}

/** The stable code of an error; undefined where it has none. */
export function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
