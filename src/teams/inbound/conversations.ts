import { personKey } from '../../usecases/people/people.ts';
import { Lru } from '../../lib/lru.ts';
import type { TeamsActivity } from './activity.ts';
import type { TeamsSender } from '../../usecases/ports/teams-sender.ts';
import type { BotDeps } from '../deps.ts';
import type { Place } from '../outbound/messenger.ts';

/** Stores how people and channels are reached. */
export async function rememberPlace(deps: BotDeps, activity: TeamsActivity): Promise<void> {
  const { sender, conversation, serviceUrl, channelId, tenantId } = activity;
  if (conversation.personal) {
    if (!sender) return;
    await deps.app.rememberConversation({
      kind: 'person',
      tenantId: sender.tenantId,
      id: sender.objectId,
      conversationId: conversation.id,
      serviceUrl,
      userId: sender.userId,
    });
  } else if (channelId !== null) {
    await deps.app.rememberConversation({
      kind: 'channel',
      tenantId,
      id: channelId,
      conversationId: channelId,
      serviceUrl,
      userId: null,
    });
  }
}

/**
 * The personal chat of a person with the bot; opens one if none is stored. Errors: DeliveryError,
 * with `gone` if the person does not have the app.
 */
export async function personalChat(
  deps: BotDeps,
  { sender, serviceUrl }: { sender: TeamsSender; serviceUrl: string },
): Promise<Place> {
  const { tenantId, objectId, userId } = sender;
  const known = await deps.directory.findConversation(personKey({ tenantId, objectId }));
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

/**
 * Decides whether an activity adds the bot to a personal chat without a welcome so far. Teams sends
 * two activities for one installation, and repeats them after a time-out.
 */
export function createWelcomes(): (activity: TeamsActivity) => boolean {
  const greeted = new Lru<true>(10_000);
  return (activity) => {
    const { id, personal } = activity.conversation;
    if (isRemoval(activity)) greeted.delete(id);
    if (!personal || !adds(activity) || greeted.get(id)) return false;
    greeted.set(id, true);
    return true;
  };
}

/** Whether the app is being uninstalled. */
export function isRemoval({ type, raw }: TeamsActivity): boolean {
  const action = typeof raw.action === 'string' ? raw.action : '';
  return type === 'installationUpdate' && action.startsWith('remove');
}

function adds({ type, raw }: TeamsActivity): boolean {
  const action = typeof raw.action === 'string' ? raw.action : '';
  if (type === 'installationUpdate') return action.startsWith('add');
  const bot = (raw.recipient as { id?: unknown }).id;
  const added: unknown[] = Array.isArray(raw.membersAdded) ? raw.membersAdded : [];
  return added.some((member) => (member as { id?: unknown } | null)?.id === bot);
}
