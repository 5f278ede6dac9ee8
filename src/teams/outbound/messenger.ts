import type { Activity } from 'botbuilder';
import type { Message, Place, Posted, Turn } from '../../usecases/ports/notifier.ts';
import type { Call, ThrottledClient } from './throttled-client.ts';

/**
 * A message, or a function that creates it when the turn has come; null: nothing is to be sent any
 * more.
 */
export type Sent = Message | (() => Promise<Message | null>);

/** Writes to chats and channels. Returns null if nothing was to be sent. Errors: DeliveryError. */
export interface Messenger {
  send(to: Place, sent: Sent, turn?: Turn): Promise<Posted | null>;
  update(at: Place & { activityId: string }, sent: Sent, turn?: Turn): Promise<Posted | null>;
  /** Starts a thread in a channel. */
  startThread(
    to: { channelId: string; serviceUrl: string; tenantId: string },
    sent: Sent,
    turn?: Turn,
  ): Promise<Posted | null>;
  /** Opens the personal chat with a person who has the app; returns the conversation's id. */
  openChat(
    to: { objectId: string; serviceUrl: string; tenantId: string },
    turn?: Turn,
  ): Promise<string>;
}

const CARD_TYPE = 'application/vnd.microsoft.card.adaptive';

/** Answers in a chat: a person waits for them. */
const CHAT = { priority: 0, maxWaitMs: 5_000 };
/** Messages of jobs: a job is retried, and needs no worker while it waits. */
const JOB = { priority: 1, maxWaitMs: 60_000 };

interface Bot {
  readonly id: string;
  readonly name: string;
}

/** Creates a messenger over the client; `appId` is the bot's. A message of a job has a turn. */
export function createMessenger(client: ThrottledClient, appId: string): Messenger {
  const bot: Bot = { id: `28:${appId}`, name: 'Countersign' };
  const call = (
    to: { serviceUrl: string; tenantId: string },
    { sent, turn }: { sent: Sent; turn: Turn | undefined },
    made: Made,
  ) => {
    const { serviceUrl, tenantId } = to;
    const prepare = async () => (typeof sent === 'function' ? sent() : sent);
    const rank = turn === undefined ? CHAT : JOB;
    return client.call({ ...made, ...rank, serviceUrl, tenantId, turn, prepare });
  };
  return {
    send: (to, sent, turn) => call(to, { sent, turn }, newMessage(bot, to)),
    update: (at, sent, turn) => call(at, { sent, turn }, changedMessage(bot, at)),
    startThread: (to, sent, turn) => call(to, { sent, turn }, newThread(bot, to)),
    openChat: ({ objectId, serviceUrl, tenantId }, turn) =>
      client.call({
        ...(turn === undefined ? CHAT : JOB),
        turn,
        what: 'a new chat',
        thread: `create ${objectId}`,
        serviceUrl,
        tenantId,
        // Teams takes an object id here, so that no activity of the person is needed before.
        prepare: async () => [{ id: objectId, name: '' }],
        async make({ conversations }, members, options) {
          const channelData = { tenant: { id: tenantId } };
          const { id } = await conversations.createConversation(
            { isGroup: false, bot, members, tenantId, channelData },
            options,
          );
          return posted({ serviceUrl }, id, 'none').conversationId;
        },
      }),
  };
}

type Made = Pick<Call<Message | null, Posted>, 'what' | 'thread' | 'make'>;

function newMessage(bot: Bot, to: Place): Made {
  return {
    what: 'a message',
    thread: to.conversationId,
    async make({ conversations }, message, options) {
      const activity = { ...activityOf(message), from: bot };
      const { id } = await conversations.sendToConversation(to.conversationId, activity, options);
      return posted(to, to.conversationId, id);
    },
  };
}

function changedMessage(bot: Bot, at: Place & { activityId: string }): Made {
  const { conversationId, activityId } = at;
  return {
    what: 'an update',
    thread: conversationId,
    async make({ conversations }, message, options) {
      const activity = { ...activityOf(message), id: activityId, from: bot };
      await conversations.updateActivity(conversationId, activityId, activity, options);
      return posted(at, conversationId, activityId);
    },
  };
}

function newThread(bot: Bot, to: Parameters<Messenger['startThread']>[0]): Made {
  return {
    what: 'a channel message',
    thread: `create ${to.channelId}`,
    async make({ conversations }, message, options) {
      const { id, activityId } = await conversations.createConversation(
        {
          isGroup: true,
          bot,
          tenantId: to.tenantId,
          channelData: { channel: { id: to.channelId }, tenant: { id: to.tenantId } },
          // Teams fills in the other members of botbuilder's type.
          activity: { ...activityOf(message), from: bot } as Activity,
        },
        options,
      );
      return posted(to, id, activityId);
    },
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

// Without ids a message cannot be updated later, so it is a fault now.
function posted(to: { serviceUrl: string }, conversationId: unknown, activityId: unknown): Posted {
  if (typeof conversationId !== 'string' || conversationId === '') {
    throw new Error('Teams gave the conversation no id');
  }
  if (typeof activityId !== 'string' || activityId === '') {
    throw new Error('Teams gave the message no id');
  }
  return { conversationId, serviceUrl: to.serviceUrl, activityId };
}
