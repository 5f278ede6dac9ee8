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

/** Adds the app for people and channels; for all when none are given. */
export async function install(
  parts: ConnectorParts,
  { personIds, channelIds }: { personIds?: readonly string[]; channelIds?: readonly string[] },
): Promise<void> {
  const everywhere = personIds === undefined && channelIds === undefined;
  for (const conversation of parts.chats.all()) {
    const [person] = conversation.members;
    if (person === undefined) continue;
    const named =
      conversation.channel === undefined
        ? personIds?.includes(person.id)
        : channelIds?.includes(conversation.chat.id);
    if (everywhere || named === true) await addApp(parts, { person, conversation });
  }
}

/** Removes the app from a person's chat; proactive posts then answer 403. */
export async function uninstall(parts: ConnectorParts, personId: string): Promise<void> {
  const conversation = parts.chats.of(personId).find(({ channel }) => channel === undefined);
  const [person] = conversation?.members ?? [];
  if (conversation === undefined || person === undefined) throw new Error(`no ${personId}`);
  if (!conversation.installed) return;
  conversation.installed = false;
  for (const one of installActivities(parts, { person, conversation }, 'remove')) {
    await parts.delivery.tell(one);
  }
}
