import { Lru } from '../lib/lru.ts';
import type { Change, RequestStore, RequestWithCards } from './ports/store.ts';

/** Requests that were read ahead of a command, as they were then. */
export interface RequestMemory {
  /** `loadWithCards`, for one who has just put the request in front of people. */
  loadAhead(id: string): Promise<RequestWithCards | undefined>;
  /**
   * A pending request as this process last read it ahead, once; undefined where it did not, or has
   * changed it since. It may be out of date (by another process, or by a read that was under way):
   * good for a change under a guard of its version and copies, alone.
   */
  recall(id: string): RequestWithCards | undefined;
}

/** Bytes, estimated: ten thousand requests of 3 KB. */
const LIMIT_BYTES = 32 * 1_048_576;

/**
 * The store with a memory. Whoever has put a request's card in front of people reads it ahead, and
 * a click on it need not read it again: over a network that is half of the click's way.
 */
export function rememberRequests<Store extends RequestStore>(
  store: Store,
  limitBytes = LIMIT_BYTES,
): Store & RequestMemory {
  const known = new Lru<string, { found: RequestWithCards; bytes: number }>(
    limitBytes,
    ({ bytes }) => bytes,
  );
  const forget = ({ request, guard, cards }: Change) => {
    const id = guard?.requestId ?? request?.id;
    if (id !== undefined) known.delete(id);
    if (cards) for (const card of cards) if (card.requestId !== id) known.delete(card.requestId);
  };
  return {
    ...store,
    recall: (id) => known.take(id)?.found,
    async loadAhead(id) {
      const found = await store.loadWithCards(id);
      if (found?.request.state === 'pending') known.set(id, { found, bytes: sizeOf(found) });
      return found;
    },
    async commit(change) {
      try {
        return await store.commit(change);
      } finally {
        // Not before: what is read until then is of before.
        forget(change);
      }
    },
  };
}

/** Bytes on the heap, nearly: what JSON can hold, without what objects of a shape share. */
function sizeOf(value: unknown): number {
  if (typeof value === 'string') return 16 + value.length;
  if (typeof value !== 'object' || value === null) return 8;
  let size = 32;
  for (const part of Object.values(value)) size += 8 + sizeOf(part);
  return size;
}
