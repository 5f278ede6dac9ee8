import { joinedKey } from '../../lib/joined-key.ts';
import { Lru } from '../../lib/lru.ts';
import type { RememberInput } from '../ports/app.ts';
import type { AppContext } from '../app-context.ts';
import type { RequestStore } from '../ports/request-store.ts';
import { conversationKey } from './people.ts';

/** An erasure by another process takes the row away: it is written again within the hour. */
const KEPT_MS = 3_600_000;

/** Stores how a person or channel is reached, unless this process stored the same before. */
export function createRememberConversation(
  deps: Pick<AppContext, 'clock' | 'ids'> & { readonly store: Pick<RequestStore, 'commit'> },
): (input: RememberInput) => Promise<void> {
  const written = new Lru<string>(10_000);
  return async (input) => {
    const now = deps.clock.now();
    const { kind, id, ...reached } = input;
    const key = conversationKey(kind, input.tenantId, id);
    const hour = String(Math.floor(now / KEPT_MS));
    const { conversationId, serviceUrl, userId = null } = input;
    const same = joinedKey(hour, conversationId, serviceUrl, userId);
    if (written.get(key) === same) return;
    await deps.store.commit({
      id: deps.ids.next('chg', now),
      at: now,
      conversations: [{ ...reached, key, updatedAt: now }],
    });
    written.set(key, same);
  };
}
