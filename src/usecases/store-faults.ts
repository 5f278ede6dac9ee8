import { describeError } from '../lib/logger.ts';
import type { Logger } from '../lib/logger.ts';
import { sleep } from '../lib/loop.ts';
import type { Change, CommitResult, RequestStore } from './ports/store.ts';

/** Longer than an engine takes to stand up again after a thread or connection was lost. */
const RESEND_REST_MS = 1_200;

/** In all 6 s, well within a job's lease. */
const INSIST_TRIES = 4;
const INSIST_REST_MS = 1_000;

/** Codes of the store's faults that may pass by themselves or once somebody has made room. */
const PASSING: readonly unknown[] = [
  'store_busy',
  'store_unavailable',
  'store_full',
  'store_readonly',
];

/**
 * Commits a change; where the answer to it was lost (`store_unavailable`: it may have happened),
 * sends the very same change once more, whose id tells. Errors: the store's.
 */
export async function commitSurely(
  store: Pick<RequestStore, 'commit' | 'loadRequest'>,
  change: Change,
): Promise<CommitResult> {
  try {
    return await store.commit(change);
  } catch (error) {
    if (codeOf(error) !== 'store_unavailable') throw error;
  }
  await sleep(RESEND_REST_MS);
  const again = await store.commit(change);
  if (again.status !== 'duplicate' || again.of !== 'change') return again;
  const id = change.request?.id;
  const written = id === undefined ? undefined : await store.loadRequest(id);
  return { status: 'committed', number: written?.number ?? 0 };
}

/**
 * Writes down what the world outside has done already (a target's answer, a message's id) and will
 * not say again: a store that is full or away for a moment is asked a few times more.
 */
export async function insist<Written>(
  log: Logger,
  write: () => Promise<Written>,
): Promise<Written> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await write();
    } catch (error) {
      if (tried === INSIST_TRIES || !PASSING.includes(codeOf(error))) throw error;
      log.warn('what was done is not written yet', { tried, error: describeError(error) });
    }
    await sleep(tried * INSIST_REST_MS);
  }
}

// The store's own class belongs to an adapter; its codes are the port's.
function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
