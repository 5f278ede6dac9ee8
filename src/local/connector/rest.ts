/** The connector's REST API for bots: conversations and activities (Bot Framework API v3). */
import { CARD } from '../find.ts';
import { isJsonObject, jsonOr } from '../../lib/strict-json.ts';
import { textOf } from '../loopback.ts';
import type { Json, Message } from '../world.ts';
import { splitConversationId, type Conversation } from './chats.ts';
import type { ConnectorParts } from './parts.ts';
import type { Operation } from './rate-limit.ts';
import { refusal } from './rest-answer.ts';
import type { RestAnswer } from './rest-answer.ts';
import { members } from './rest-members.ts';

const MESSAGE_BYTES = 28 * 1_024;

/** An authenticated call; `parts` are the decoded path segments after `/v3`. */
export interface RestRequest {
  readonly method: string;
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
  readonly body: unknown;
}

/**
 * The limit and the thread of a call. A thread is a personal chat, or a channel with all its reply
 * chains. A new conversation counts for its channel or person.
 */
export function limitOf(call: RestRequest): { operation: Operation; thread: string } {
  const { method, parts } = call;
  const thread = splitConversationId(parts[1] ?? '').base;
  if (parts.length > 1) return { operation: method === 'GET' ? 'read' : 'send', thread };
  const { channelData, members: asked } = jsonOr(call.body);
  const channelId = textOf(jsonOr(jsonOr(channelData).channel).id);
  const memberId = textOf(jsonOr(Array.isArray(asked) ? asked[0] : undefined).id);
  return { operation: 'create', thread: splitConversationId(channelId ?? memberId ?? '').base };
}

/** Handles a call; 404 for unknown paths. */
export function answerRest(parts: ConnectorParts, call: RestRequest): RestAnswer {
  const [root, conversationId, kind, id] = call.parts;
  if (root !== 'conversations') return unknownPath();
  if (conversationId === undefined) {
    return call.method === 'POST' ? create(parts, jsonOr(call.body)) : unknownPath();
  }
  const conversation = parts.chats.find(conversationId);
  if (conversation === undefined) {
    return refusal(404, 'ConversationNotFound', 'The conversation was not found.');
  }
  if (!conversation.installed) return notInRoster();
  if (kind === 'members' || kind === 'pagedmembers') {
    return call.method === 'GET'
      ? members({ conversation, kind, id, query: call.query })
      : unknownPath();
  }
  if (kind !== 'activities') return unknownPath();
  const { threadId } = splitConversationId(conversationId);
  const place = { parts, conversation, threadId };
  if (call.method === 'POST') return post(place, call.body, id);
  if (call.method === 'PUT' && id !== undefined) return update(place, call.body, id);
  if (call.method === 'DELETE' && id !== undefined) return remove(place, id);
  return unknownPath();
}

interface MessagePlace {
  readonly parts: ConnectorParts;
  readonly conversation: Conversation;
  readonly threadId: string | undefined;
}

function create(parts: ConnectorParts, body: Json): RestAnswer {
  const data = jsonOr(body.channelData);
  const tenant = textOf(jsonOr(data.tenant).id) ?? textOf(body.tenantId);
  if (tenant !== undefined && tenant !== parts.tenantId) {
    return refusal(403, 'Forbidden', 'The bot is not known in this tenant.');
  }
  const channelId = textOf(jsonOr(data.channel).id);
  if (channelId !== undefined) return createThread(parts, channelId, body.activity);
  if (tenant === undefined) return refusal(400, 'BadSyntax', 'The tenant id is missing.');
  const asked: unknown[] = Array.isArray(body.members) ? body.members : [];
  if (asked.length !== 1 || body.isGroup === true) {
    return refusal(400, 'BadArgument', 'Name exactly one member; bots cannot make group chats.');
  }
  const memberId = textOf(jsonOr(asked[0]).id);
  const person = parts.people.find(({ mri, oid }) => mri === memberId || oid === memberId);
  const conversation = person && parts.chats.personal(person);
  if (conversation === undefined) return refusal(400, 'BadArgument', 'Unknown member id.');
  if (!conversation.installed) return notInRoster();
  const { id } = conversation.chat;
  if (!isJsonObject(body.activity)) return { status: 201, body: { id } };
  const sent = post({ parts, conversation, threadId: undefined }, body.activity, undefined);
  if (sent.status !== 201) return sent;
  return { status: 201, body: { id, activityId: jsonOr(sent.body).id } };
}

function createThread(parts: ConnectorParts, channelId: string, activity: unknown): RestAnswer {
  const conversation = parts.chats.find(channelId);
  if (conversation?.channel === undefined) {
    return refusal(404, 'ConversationNotFound', 'The channel was not found.');
  }
  if (!conversation.installed) return notInRoster();
  const sent = post({ parts, conversation, threadId: undefined }, activity, undefined);
  if (sent.status !== 201) return sent;
  const activityId = textOf(jsonOr(sent.body).id) ?? '';
  const { base } = splitConversationId(channelId);
  return { status: 201, body: { id: `${base};messageid=${activityId}`, activityId } };
}

function post(place: MessagePlace, body: unknown, replyToId: string | undefined): RestAnswer {
  const { parts, conversation, threadId } = place;
  if (isJsonObject(body) && body.type === 'typing') return { status: 202, body: {} };
  const content = contentOf(body);
  if ('status' in content) return content;
  const chatId = conversation.chat.id;
  const answered = replyToId === undefined ? undefined : parts.chats.get(chatId, replyToId);
  const thread =
    conversation.channel === undefined
      ? undefined
      : (threadId ?? answered?.message.threadId ?? answered?.message.id);
  if (thread !== undefined && parts.chats.get(chatId, thread) === undefined) {
    return refusal(404, 'ActivityNotFoundInConversation', 'The thread was not found.');
  }
  const { id } = parts.chats.add(chatId, {
    from: { id: `28:${parts.appId}`, name: parts.botName, bot: true },
    ...content,
    ...(thread === undefined ? {} : { threadId: thread }),
  });
  return { status: 201, body: { id } };
}

function update(place: MessagePlace, body: unknown, id: string): RestAnswer {
  const missing = notOwn(place, id);
  if (missing !== undefined) return missing;
  const content = contentOf(body);
  if ('status' in content) return content;
  place.parts.chats.update(place.conversation.chat.id, id, content);
  return { status: 200, body: { id } };
}

function remove(place: MessagePlace, id: string): RestAnswer {
  const missing = notOwn(place, id);
  if (missing !== undefined) return missing;
  place.parts.chats.remove(place.conversation.chat.id, id);
  return { status: 200, body: {} };
}

function notOwn(
  { parts, conversation, threadId }: MessagePlace,
  id: string,
): RestAnswer | undefined {
  const found = parts.chats.get(conversation.chat.id, id)?.message;
  const inThread = threadId === undefined || id === threadId || found?.threadId === threadId;
  if (found === undefined || !inThread) {
    return refusal(404, 'ActivityNotFoundInConversation', 'The activity was not found.');
  }
  return found.from.bot ? undefined : refusal(403, 'Forbidden', "The activity is not the bot's.");
}

// Text and attachments of a message, within the size limit of Teams.
function contentOf(body: unknown): Pick<Message, 'text' | 'attachments'> | RestAnswer {
  if (!isJsonObject(body) || body.type !== 'message') {
    return refusal(400, 'BadSyntax', 'A message activity is expected.');
  }
  if (Buffer.byteLength(JSON.stringify(body)) > MESSAGE_BYTES) {
    return refusal(413, 'MessageSizeTooBig', 'The message is larger than 28 KB.');
  }
  const given: unknown[] = Array.isArray(body.attachments) ? body.attachments : [];
  const attachments = given.map(jsonOr).map(({ contentType, content }) => ({
    contentType: textOf(contentType) ?? '',
    content: jsonOr(content),
  }));
  const text = textOf(body.text);
  if ((text === undefined || text === '') && attachments.length === 0) {
    return refusal(400, 'BadSyntax', 'The activity has neither text nor attachments.');
  }
  const bad = attachments.some(
    ({ contentType, content }) => contentType === CARD && content.type !== 'AdaptiveCard',
  );
  if (bad) return refusal(400, 'BadSyntax', 'An adaptive card is not one.');
  return text === undefined ? { attachments } : { text, attachments };
}

function notInRoster(): RestAnswer {
  return refusal(403, 'BotNotInConversationRoster', 'The bot is not part of the conversation.');
}

function unknownPath(): RestAnswer {
  return refusal(404, 'NotFound', 'There is no such operation.');
}
