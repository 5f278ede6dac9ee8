import type { Ids } from '../../lib/ids.ts';
import type { Change, CommitResult, OnceKeyKind } from '../../usecases/ports/request-store.ts';
import { StoreError } from '../../usecases/ports/store-error.ts';
import { encodeChange } from './encode-change.ts';
import { COMMIT } from './queries/commit.ts';
import type { ValuesOf } from './query.ts';
import type { Pool } from './pool.ts';

/** Retries after a duplicate key, which a concurrent commit causes; then it is a real conflict. */
const MAX_RACES = 6;
const ATTEMPT_BYTES = 18;

interface Outcome {
  readonly outcome:
    'committed' | 'conflict' | 'decision' | 'known' | 'orphan' | 'change' | 'once-key' | 'race';
  readonly ofKind: OnceKeyKind | 'change' | 'decision' | null;
  readonly requestId: string | null;
  readonly fingerprint: string | null;
  readonly attempt: string | null;
  readonly number: number;
}

/**
 * Writes a change in one batch. If the answer is lost, the same batch is sent again: the id of the
 * change makes it idempotent, and `attempt` tells whether this call committed it.
 */
export async function commit(pool: Pool, change: Change, ids: Ids): Promise<CommitResult> {
  const values = encode(change, ids.secret(ATTEMPT_BYTES));
  for (let races = 0; races < MAX_RACES; races += 1) {
    const [row] = await pool.all(COMMIT, values, { repeat: 'twice' });
    if (!row) {
      throw new StoreError('store_unavailable', 'The server answered a commit without a row.');
    }
    const result = resultOf(row as unknown as Outcome, values);
    if (result) return result;
  }
  throw rejected(
    'The change has a key that another row has: nothing was written, and a retry does not help.',
  );
}

/** Decodes the outcome; undefined if a race requires a retry. */
function resultOf(
  found: Outcome,
  { attempt, requestId }: ValuesOf<typeof COMMIT>,
): CommitResult | undefined {
  if (found.outcome === 'committed') return { status: 'committed', number: found.number };
  if (found.outcome === 'conflict') return { status: 'conflict' };
  if (found.outcome === 'decision' || found.ofKind === 'decision') {
    const decided = typeof requestId === 'string' ? requestId : null;
    return { status: 'duplicate', of: 'decision', requestId: decided, fingerprint: null };
  }
  if (found.outcome === 'known') {
    throw rejected('A request with this id exists: nothing was written.');
  }
  if (found.outcome === 'orphan') {
    throw rejected('A decision or a card refers to a request that does not exist.');
  }
  if (found.ofKind === null) return undefined;
  if (found.ofKind === 'change' && found.attempt === attempt) {
    return { status: 'committed', number: found.number };
  }
  const { ofKind: of, requestId: first, fingerprint } = found;
  return { status: 'duplicate', of, requestId: first, fingerprint };
}

/** Encodes the change. A value without a JSON form is rejected like a constraint violation. */
function encode(change: Change, attempt: string): ValuesOf<typeof COMMIT> {
  try {
    return encodeChange(change, attempt);
  } catch (error) {
    if (error instanceof StoreError) throw error;
    throw rejected('A value of the change has no JSON form.', error);
  }
}

function rejected(message: string, cause?: unknown): StoreError {
  return new StoreError('store_rejected', message, { cause });
}
