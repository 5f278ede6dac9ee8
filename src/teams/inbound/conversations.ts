import { Lru } from '../../lib/lru.ts';
import { jsonOr, textOf } from '../../lib/strict-json.ts';
import type { OpenedPlace } from '../../usecases/ports/app.ts';
import type { TeamsActivity } from './activity.ts';
import type { BotDeps } from '../deps.ts';

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

/** What an activity that adds the bot opens: configured channels by name, and its conversation. */
export function openedPlace({ channels }: BotDeps, activity: TeamsActivity): OpenedPlace {
  const { conversation, channelId, tenantId, raw } = activity;
  const teamId = textOf(jsonOr(jsonOr(raw.channelData).team).id, 1_024);
  // Who is in a team is in its standard channels; the others refuse once more.
  const named = Object.entries(channels)
    .filter(([, one]) => one.tenantId.toLowerCase() === tenantId)
    .filter(([, one]) => one.channelId === channelId || one.teamId === teamId)
    .map(([name]) => name);
  return { channels: conversation.personal ? [] : named, conversationId: conversation.id };
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

/** Whether the bot is being added to a chat or team. */
export function adds({ type, raw }: TeamsActivity): boolean {
  const action = typeof raw.action === 'string' ? raw.action : '';
  if (type === 'installationUpdate') return action.startsWith('add');
  const bot = (raw.recipient as { id?: unknown }).id;
  const added: unknown[] = Array.isArray(raw.membersAdded) ? raw.membersAdded : [];
  return added.some((member) => (member as { id?: unknown } | null)?.id === bot);
}
