import { personKey } from '../../usecases/people/people.ts';
import { DeliveryError } from '../../usecases/ports/delivery-error.ts';
import type { CardStore } from '../../usecases/ports/card-store.ts';
import type { RememberInput } from '../../usecases/ports/app.ts';
import type { Turn } from '../../usecases/ports/notifier.ts';
import type { Messenger, Sent } from './messenger.ts';

/** Writes to people in their personal chats with the bot. */
export interface PersonalChats {
  /**
   * Sends a message. Where no chat is stored, or Teams no longer knows the stored one, the chat is
   * opened by object id and stored.
   *
   * @throws DeliveryError `unreachable` where Teams refuses to open the chat; `blocked` where an
   *   administrator blocked the app.
   */
  send(to: Recipient, sent: Sent, turn?: Turn): Promise<void>;
}

interface Recipient {
  readonly tenantId: string;
  readonly objectId: string;
  /** Teams user id (MRI); null: not known. */
  readonly userId: string | null;
  /** Where a chat is opened that is not stored. */
  readonly serviceUrl: string;
}

/** The statuses by which Teams refuses: a bad or unknown person, no app, no such person. */
const REFUSED = [400, 403, 404];

/** Creates the writer. `remember` stores a chat that was opened. */
export function createPersonalChats(given: {
  messenger: Pick<Messenger, 'send' | 'openChat'>;
  directory: Pick<CardStore, 'findConversation'>;
  remember: (input: RememberInput) => Promise<void>;
}): PersonalChats {
  const { messenger, directory, remember } = given;
  const open = async (to: Recipient, turn: Turn | undefined) => {
    const { tenantId, objectId: id, userId, serviceUrl } = to;
    const conversationId = await messenger.openChat(to, turn).catch((error: unknown) => {
      // A block by an administrator says nothing about this person, and may be lifted.
      throw isRefusal(error) && error.reason !== 'blocked' ? unreachable(error) : error;
    });
    await remember({ kind: 'person', tenantId, id, conversationId, serviceUrl, userId });
    return { conversationId, serviceUrl, tenantId };
  };
  return {
    async send(to, sent, turn) {
      const { tenantId } = to;
      const known = await directory.findConversation(personKey(to));
      if (known) {
        const { conversationId, serviceUrl } = known;
        try {
          await messenger.send({ conversationId, serviceUrl, tenantId }, sent, turn);
          return;
        } catch (error) {
          if (!isRefusal(error) || error.reason === 'unreachable') throw error;
        }
      }
      const userId = to.userId ?? known?.userId ?? null;
      const serviceUrl = known?.serviceUrl ?? to.serviceUrl;
      await messenger.send(await open({ ...to, userId, serviceUrl }, turn), sent, turn);
    },
  };
}

function isRefusal(error: unknown): error is DeliveryError {
  return error instanceof DeliveryError && error.status !== null && REFUSED.includes(error.status);
}

function unreachable({ message, status, cause }: DeliveryError): DeliveryError {
  return new DeliveryError(message, { reason: 'unreachable', status, cause });
}
