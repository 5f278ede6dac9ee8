/** Adds and removes the app for people and channels, and notifies the bot. */
import type { Person } from '../world.ts';
import { installActivities, type ActivityParts } from './activities.ts';
import type { Chats, Conversation } from './chats.ts';
import { tell } from './client.ts';
import type { Delivery } from './delivery.ts';
import type { LocalConnector } from './types.ts';

/** The parts that the installer uses. */
export interface InstallParts {
  readonly chats: Chats;
  readonly delivery: Delivery;
  readonly activity: ActivityParts;
}

/** The installations of the app. */
export interface Installer {
  /** Adds the app to a conversation; does nothing when it is there. */
  add(person: Person, conversation: Conversation): Promise<void>;
  readonly handle: Pick<LocalConnector, 'install' | 'uninstall'>;
}

/** Creates the installer; its functions reject when the bot refuses the activity. */
export function installer(parts: InstallParts): Installer {
  const { chats } = parts;
  const add = async (person: Person, conversation: Conversation) => {
    if (conversation.installed) return;
    conversation.installed = true;
    try {
      for (const one of installActivities(parts.activity, { person, conversation }, 'add')) {
        await tell(parts, one);
      }
    } catch (error) {
      conversation.installed = false;
      throw error;
    }
  };
  const handle: Installer['handle'] = {
    async install(wanted = {}) {
      const everywhere = wanted.personIds === undefined && wanted.channelIds === undefined;
      for (const conversation of chats.all()) {
        const [person] = conversation.members;
        const named =
          conversation.channel === undefined
            ? wanted.personIds?.includes(person?.id ?? '')
            : wanted.channelIds?.includes(conversation.chat.id);
        if (person !== undefined && (everywhere || named === true)) await add(person, conversation);
      }
    },
    async uninstall(personId) {
      const conversation = chats.of(personId).find(({ channel }) => channel === undefined);
      const [person] = conversation?.members ?? [];
      if (conversation === undefined || person === undefined) throw new Error(`no ${personId}`);
      if (!conversation.installed) return;
      conversation.installed = false;
      for (const one of installActivities(parts.activity, { person, conversation }, 'remove')) {
        await tell(parts, one);
      }
    },
  };
  return { add, handle };
}
