/** Adds and removes the app for people and channels, and notifies the bot. */
import { installActivities } from './activities.ts';
import type { Origin } from './chats.ts';
import type { ConnectorParts } from './parts.ts';

/** Adds the app to a conversation without it. Rejects when the bot refuses the activity. */
export async function addApp(parts: ConnectorParts, origin: Origin): Promise<void> {
  const { conversation } = origin;
  if (conversation.installed) return;
  conversation.installed = true;
  try {
    for (const one of installActivities(parts, origin, 'add')) await parts.delivery.tell(one);
  } catch (error) {
    conversation.installed = false;
    throw error;
  }
}

/**
 * Adds the app for people and channels; for all when none are given. `silent`: the bot is not
 * notified, as where the event was lost.
 */
export async function install(
  parts: ConnectorParts,
  {
    personIds,
    channelIds,
    silent = false,
  }: { personIds?: readonly string[]; channelIds?: readonly string[]; silent?: boolean },
): Promise<void> {
  const everywhere = personIds === undefined && channelIds === undefined;
  for (const conversation of parts.chats.all()) {
    const [person] = conversation.members;
    if (person === undefined) continue;
    const named =
      conversation.channel === undefined
        ? personIds?.includes(person.id)
        : channelIds?.includes(conversation.chat.id);
    if (!everywhere && named !== true) continue;
    if (silent) conversation.installed = true;
    else await addApp(parts, { person, conversation });
  }
}

/** Removes the app from a person's chat, or a channel by its id; proactive posts then answer 403. */
export async function uninstall(parts: ConnectorParts, where: string): Promise<void> {
  const conversation =
    parts.chats.find(where) ?? parts.chats.of(where).find(({ channel }) => channel === undefined);
  const [person] = conversation?.members ?? [];
  if (conversation === undefined || person === undefined) throw new Error(`no ${where}`);
  if (!conversation.installed) return;
  conversation.installed = false;
  for (const one of installActivities(parts, { person, conversation }, 'remove')) {
    await parts.delivery.tell(one);
  }
}
