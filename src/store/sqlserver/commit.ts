import type { Ids } from '../../lib/ids.ts';
import type { Change, CommitResult, OnceKeyKind } from '../../usecases/ports/request-store.ts';
import { StoreError } from '../../usecases/ports/store-error.ts';
import { encodeChange } from './encode-change.ts';
import { COMMIT } from './queries/commit.ts';
import type { ValuesOf } from './query.ts';
import type { Session } from './session.ts';

/** How often two commits may meet at a row that both would make before it is taken for a rule. */
const MOST_RACES = 6;
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
 * Writes a change in one batch. Where the answer is lost the same batch is sent again: the change's
 * id lets it happen once, and the attempt tells whether it was this sending that did it.
 */
export async function commit(session: Session, change: Change, ids: Ids): Promise<CommitResult> {
  const attempt = ids.secret(ATTEMPT_BYTES);
  const values = encode(change, attempt);
  for (let races = 0; races < MOST_RACES; races += 1) {
    const result = resultOf(await sendOnce(session, values), values);
    if (result) return result;
  }
  throw new StoreError(
    'store_rejected',
    'What was to be written has a key that another row has: nothing of it was written, and ' +
      'sending it again will not help.',
  );
}

async function sendOnce(session: Session, values: ValuesOf<typeof COMMIT>): Promise<Outcome> {
  const [row] = await session.all(COMMIT, values, { repeat: 'twice' });
  if (!row) throw new StoreError('store_unavailable', 'The server answered a commit with nothing.');
  return row as unknown as Outcome;
}

/** Undefined where the batch met another and is to be sent again. */
function resultOf(
  found: Outcome,
  { attempt, requestId }: ValuesOf<typeof COMMIT>,
): CommitResult | undefined {
  if (found.outcome === 'committed') return { status: 'committed', number: found.number };
  if (found.outcome === 'conflict') return { status: 'conflict' };
  if (found.outcome === 'decision' || found.ofKind === 'decision') {
    return {
      status: 'duplicate',
      of: 'decision',
      requestId: requestId === null ? null : String(requestId),
      fingerprint: null,
    };
  }
  if (found.outcome === 'known') {
    throw new StoreError('store_rejected', 'A request of this id exists: nothing was written.');
  }
  if (found.outcome === 'orphan') {
    throw new StoreError(
      'store_rejected',
      'A decision or a card names a request that is not there.',
    );
  }
  if (found.ofKind === null) return undefined;
  if (found.ofKind === 'change' && found.attempt === attempt) {
    return { status: 'committed', number: found.number };
  }
  const { ofKind: of, requestId: first, fingerprint } = found;
  return { status: 'duplicate', of, requestId: first, fingerprint };
}

/** A value without a JSON form is the sender's fault, as one that breaks the schema is. */
function encode(change: Change, attempt: string): ValuesOf<typeof COMMIT> {
  try {
    return encodeChange(change, attempt);
  } catch (error) {
    if (error instanceof StoreError) throw error;
    throw new StoreError('store_rejected', 'A value of the change has no JSON form.', {
      cause: error,
    });
  }
}
