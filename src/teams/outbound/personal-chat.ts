import type { TeamsSender } from '../../usecases/ports/teams-sender.ts';
import type { BotDeps } from '../deps.ts';
import type { Place } from './messenger.ts';

/**
 * The personal chat of a person with the bot; opens one if none is stored. Errors: DeliveryError,
 * with `gone` if the person does not have the app.
 */
export async function personalChat(
  deps: BotDeps,
  { sender, serviceUrl }: { sender: TeamsSender; serviceUrl: string },
): Promise<Place> {
  const { tenantId, objectId, userId } = sender;
  const known = await deps.directory.findConversation(`person:${tenantId}:${objectId}`);
  if (known) return { ...known, tenantId };
  const conversationId = await deps.messenger.openChat({ userId, serviceUrl, tenantId });
  await deps.app.rememberConversation({
    kind: 'person',
    tenantId,
    id: objectId,
    conversationId,
    serviceUrl,
    userId,
  });
  return { conversationId, serviceUrl, tenantId };
}
