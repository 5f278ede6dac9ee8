/** The activities that Teams' clients send to a bot (Bot Framework activity schema). */
import { systemIds } from '../../lib/ids.ts';
import { defined } from '../loopback.ts';
import type { Json } from '../world.ts';
import type { Conversation, Origin } from './chats.ts';
import type { ConnectorSettings } from './types.ts';

function botAccount(parts: ConnectorSettings): Json {
  return { id: `28:${parts.appId}`, name: parts.botName };
}

/** An activity of a person; `members` are added or replaced (undefined removes one). */
export function personActivity(parts: ConnectorSettings, origin: Origin, members: Json): Json {
  const { person, conversation, threadId, replyToId } = origin;
  const timestamp = new Date(parts.now()).toISOString();
  return defined({
    type: 'invoke',
    id: `f:${systemIds.secret(16)}`,
    timestamp,
    localTimestamp: timestamp,
    localTimezone: 'Etc/UTC',
    channelId: 'msteams',
    serviceUrl: parts.serviceUrl,
    from: { id: person.mri, name: person.name, aadObjectId: person.oid },
    conversation: conversationAccount(parts, conversation, threadId),
    recipient: botAccount(parts),
    locale: 'en-US',
    entities: [
      { type: 'clientInfo', locale: 'en-US', country: 'US', platform: 'Web', timezone: 'Etc/UTC' },
    ],
    channelData: channelData(parts, conversation, replyToId),
    replyToId,
    ...members,
  });
}

/** A typed message; in a channel it mentions the bot, because Teams delivers no others. */
export function messageActivity(
  parts: ConnectorSettings,
  origin: Origin,
  message: { id: string; text: string },
): Json {
  const activity = personActivity(parts, origin, {
    type: 'message',
    id: message.id,
    text: message.text,
    textFormat: 'plain',
    attachments: [],
  });
  if (origin.conversation.chat.kind === 'personal') return activity;
  const mark = `<at>${parts.botName}</at>`;
  const mention = { type: 'mention', text: mark, mentioned: botAccount(parts) };
  return {
    ...activity,
    text: `${mark} ${message.text}`,
    entities: [mention, ...(activity.entities as Json[])],
  };
}

/** The activity when the app is added, or removed. */
export function installActivities(
  parts: ConnectorSettings,
  origin: Origin,
  action: 'add' | 'remove',
): Json[] {
  const { person, conversation } = origin;
  const bot = { id: `28:${parts.appId}` };
  const personal = conversation.chat.kind === 'personal';
  const others = personal ? [{ id: person.mri, aadObjectId: person.oid }] : [];
  const data = channelData(parts, conversation, undefined);
  const added = personActivity(parts, origin, {
    type: 'conversationUpdate',
    [action === 'add' ? 'membersAdded' : 'membersRemoved']: [...others, bot],
    channelData: personal
      ? data
      : { ...data, eventType: action === 'add' ? 'teamMemberAdded' : 'teamMemberRemoved' },
  });
  const installed = personActivity(parts, origin, {
    type: 'installationUpdate',
    action,
    channelData: personal
      ? data
      : { ...data, settings: { selectedChannel: { id: conversation.chat.id } } },
  });
  return action === 'add' ? [added, installed] : [installed];
}

function conversationAccount(
  parts: ConnectorSettings,
  { chat }: Conversation,
  threadId: string | undefined,
): Json {
  const base = { conversationType: chat.kind, tenantId: parts.tenantId };
  if (chat.kind === 'personal') return { ...base, id: chat.id };
  const id = threadId === undefined ? chat.id : `${chat.id};messageid=${threadId}`;
  return { ...base, id, isGroup: true };
}

function channelData(
  parts: ConnectorSettings,
  { chat, channel }: Conversation,
  replyToId: string | undefined,
): Json {
  return defined({
    tenant: { id: parts.tenantId },
    ...(channel === undefined
      ? {}
      : {
          teamsChannelId: channel.id,
          teamsTeamId: channel.team.id,
          channel: { id: channel.id, name: channel.name },
          team: defined({ ...channel.team }),
        }),
    source: { name: chat.kind === 'personal' ? 'message' : 'channel' },
    legacy: replyToId === undefined ? undefined : { replyToId },
  });
}
