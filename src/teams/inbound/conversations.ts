import { Lru } from '../../lib/lru.ts';
import type { TeamsActivity } from './activity.ts';
import type { BotDeps } from '../deps.ts';

/** Learns where people and channels are reached. */
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

/** Tells which news of an installation to answer with a welcome. */
export interface Welcomes {
  /** Whether this activity adds the bot to a personal chat that was not greeted yet. */
  isDue(activity: TeamsActivity): boolean;
}

/** Teams tells of one installation in two activities, and again after time-outs: greet once. */
export function createWelcomes(): Welcomes {
  const greeted = new Lru<true>(10_000);
  return {
    isDue(activity) {
      const { id, personal } = activity.conversation;
      if (isRemoval(activity)) greeted.delete(id);
      if (!personal || !adds(activity) || greeted.get(id)) return false;
      greeted.set(id, true);
      return true;
    },
  };
}

/** Whether the app is being taken away. */
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
