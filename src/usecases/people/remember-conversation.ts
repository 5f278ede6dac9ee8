import { Lru } from '../../lib/lru.ts';
import type { RememberInput } from '../ports/app.ts';
import type { AppContext } from '../app-context.ts';
import type { Conversation } from '../ports/card-store.ts';

/** An erasure by another process takes the row away: it is written again within the hour. */
const KEPT_MS = 3_600_000;

/** Stores how a person or channel is reached, unless this process stored the same before. */
export function createRememberConversation(
  deps: AppContext,
): (input: RememberInput) => Promise<void> {
  const written = new Lru<string>(10_000);
  return async (input) => {
    const now = deps.clock.now();
    const conversation: Conversation = {
      key: `${input.kind}:${input.tenantId}:${input.id}`,
      tenantId: input.tenantId,
      conversationId: input.conversationId,
      serviceUrl: input.serviceUrl,
      userId: input.userId,
      updatedAt: now,
    };
    const hour = Math.floor(now / KEPT_MS);
    const same = `${hour}|${input.conversationId}|${input.serviceUrl}|${input.userId ?? ''}`;
    if (written.get(conversation.key) === same) return;
    await deps.store.commit({
      id: deps.ids.next('chg', now),
      at: now,
      conversations: [conversation],
    });
    written.set(conversation.key, same);
  };
}
