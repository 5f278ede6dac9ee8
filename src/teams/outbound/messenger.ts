import type { Activity } from 'botbuilder';
import type { CardContent, Posted } from '../../usecases/ports/ports.ts';
import type { Outbox } from './outbox.ts';

/** A card, or text in Markdown whose hostile parts are escaped. */
export type Message = CardContent | { readonly text: string };

/** Where a message goes; the tenant is what the rate limit counts by. */
export interface Place {
  readonly conversationId: string;
  readonly serviceUrl: string;
  readonly tenantId: string;
}

/** Writes to chats and channels. Errors: DeliveryError. */
export interface Messenger {
  send(to: Place, message: Message): Promise<Posted>;
  update(at: Place & { activityId: string }, message: Message): Promise<void>;
  /** Starts a thread in a channel. */
  startThread(
    to: { channelId: string; serviceUrl: string; tenantId: string },
    message: Message,
  ): Promise<Posted>;
  /** Opens the personal chat with somebody who has the app; gives the conversation's id. */
  openChat(to: { userId: string; serviceUrl: string; tenantId: string }): Promise<string>;
}

const CARD_TYPE = 'application/vnd.microsoft.card.adaptive';

/**
 * A messenger over the outbox; `appId` is the bot's. A message waits at most `patienceMs` for its
 * turn under Teams' rate limits.
 */
export function createMessenger({
  outbox,
  appId,
  patienceMs,
}: {
  outbox: Outbox;
  appId: string;
  patienceMs: number;
}): Messenger {
  const bot = { id: `28:${appId}`, name: 'Countersign' };
  return {
    send: (to, message) =>
      outbox.call({
        what: 'a message',
        thread: to.conversationId,
        ...pick(to),
        patienceMs,
        async make(client, options) {
          const { id } = await client.conversations.sendToConversation(
            to.conversationId,
            { ...activityOf(message), from: bot },
            options,
          );
          return posted(to, to.conversationId, id);
        },
      }),
    update: (at, message) =>
      outbox.call({
        what: 'an update',
        thread: at.conversationId,
        ...pick(at),
        patienceMs,
        async make(client, options) {
          await client.conversations.updateActivity(
            at.conversationId,
            at.activityId,
            { ...activityOf(message), id: at.activityId, from: bot },
            options,
          );
        },
      }),
    startThread: (to, message) =>
      outbox.call({
        what: 'a channel message',
        thread: `create ${to.channelId}`,
        ...pick(to),
        patienceMs,
        async make(client, options) {
          const { id, activityId } = await client.conversations.createConversation(
            {
              isGroup: true,
              bot,
              tenantId: to.tenantId,
              channelData: { channel: { id: to.channelId }, tenant: { id: to.tenantId } },
              // Teams fills in what botbuilder's type asks for besides.
              activity: { ...activityOf(message), from: bot } as Activity,
            },
            options,
          );
          return posted(to, id, activityId);
        },
      }),
    openChat: (to) =>
      outbox.call({
        what: 'a new chat',
        thread: `create ${to.userId}`,
        ...pick(to),
        patienceMs,
        async make(client, options) {
          const { id } = await client.conversations.createConversation(
            {
              isGroup: false,
              bot,
              members: [{ id: to.userId, name: '' }],
              tenantId: to.tenantId,
              channelData: { tenant: { id: to.tenantId } },
            },
            options,
          );
          return posted(to, id, 'none').conversationId;
        },
      }),
  };
}

function activityOf(message: Message): Partial<Activity> {
  if ('text' in message) {
    return { type: 'message', text: message.text, textFormat: 'markdown' };
  }
  return {
    type: 'message',
    summary: message.summary,
    attachments: [{ contentType: CARD_TYPE, content: message.card }],
  };
}

function pick({ serviceUrl, tenantId }: { serviceUrl: string; tenantId: string }) {
  return { serviceUrl, tenantId };
}

// An answer without ids cannot be updated later: a fault, better seen at once.
function posted(to: { serviceUrl: string }, conversationId: unknown, activityId: unknown): Posted {
  if (typeof conversationId !== 'string' || conversationId === '') {
    throw new Error('Teams gave the conversation no id');
  }
  if (typeof activityId !== 'string' || activityId === '') {
    throw new Error('Teams gave the message no id');
  }
  return { conversationId, serviceUrl: to.serviceUrl, activityId };
}
