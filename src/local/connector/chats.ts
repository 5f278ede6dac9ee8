/** The chats of the local Teams: members, the bot's membership, messages. */
import { sha256 } from '../../lib/hash.ts';
import { CARD } from '../find.ts';
import type { Chat, Json, Message, Person, WorldEvent } from '../world.ts';
import type { ChannelSpec, ConnectorSettings } from './types.ts';

const MESSAGES_KEPT = 500;

/** A conversation that the bot can be in. */
export interface Conversation {
  readonly chat: Chat;
  readonly members: readonly Person[];
  readonly channel?: ChannelSpec;
  installed: boolean;
}

/** Conversation and sender of an activity; `threadId` is its thread in a channel. */
export interface Origin {
  readonly person: Person;
  readonly conversation: Conversation;
  readonly threadId?: string;
  readonly replyToId?: string;
}

interface Stored {
  message: Message;
  /** How often the bot edited it. */
  edits: number;
  /** The cards that single people see instead. */
  readonly views: Map<string, Json>;
}

/** A conversation id and the thread of its `;messageid=`. */
export function splitConversationId(id: string): { base: string; threadId: string | undefined } {
  const [base = '', threadId] = id.split(';messageid=');
  return { base, threadId };
}

/** All chats with their latest 500 messages, personal views and listeners. */
export class Chats {
  readonly #conversations = new Map<string, Conversation>();
  readonly #messages = new Map<string, Stored[]>();
  readonly #listeners = new Map<string, Set<(event: WorldEvent) => void>>();
  readonly #now: () => number;
  #lastId = 0;

  constructor(options: Pick<ConnectorSettings, 'people' | 'channels' | 'botName' | 'now'>) {
    this.#now = options.now;
    for (const person of options.people) {
      const id = personalChatId(person);
      const chat: Chat = { id, kind: 'personal', title: options.botName };
      this.#conversations.set(id, { chat, members: [person], installed: false });
    }
    for (const channel of options.channels) {
      const { id, name, team } = channel;
      const members = options.people.filter((one) => channel.members?.includes(one.id) ?? true);
      const chat: Chat = { id, kind: 'channel', title: name, team: team.name };
      this.#conversations.set(id, { chat, members, channel, installed: false });
    }
  }

  all(): readonly Conversation[] {
    return [...this.#conversations.values()];
  }

  find(conversationId: string): Conversation | undefined {
    return this.#conversations.get(splitConversationId(conversationId).base);
  }

  of(personId: string): readonly Conversation[] {
    return this.all().filter(({ members }) => members.some(({ id }) => id === personId));
  }

  /**
   * The origin of an activity; with `replyToId` about that message, in a channel in its thread.
   *
   * @throws Error when the person is not in the chat.
   */
  origin(personId: string, chatId: string, replyToId?: string): Origin {
    const conversation = this.#conversations.get(chatId);
    const person = conversation?.members.find(({ id }) => id === personId);
    if (conversation === undefined || person === undefined) {
      throw new Error(`${personId} is not in the chat ${chatId}`);
    }
    const here = { person, conversation, replyToId };
    if (conversation.channel === undefined || replyToId === undefined) return here;
    return { ...here, threadId: this.get(chatId, replyToId)?.message.threadId ?? replyToId };
  }

  personal(person: Person): Conversation | undefined {
    return this.#conversations.get(personalChatId(person));
  }

  /** The next message id: a unique time in ms, as in Teams. */
  nextId(): string {
    this.#lastId = Math.max(this.#lastId + 1, this.#now());
    return String(this.#lastId);
  }

  add(chatId: string, given: Pick<Message, 'from' | 'text' | 'attachments' | 'threadId'>): Message {
    const message: Message = {
      id: this.nextId(),
      chatId,
      at: new Date(this.#now()).toISOString(),
      edited: false,
      ...given,
    };
    const list = this.#messages.get(chatId) ?? [];
    list.push({ message, edits: 0, views: new Map() });
    if (list.length > MESSAGES_KEPT) list.shift();
    this.#messages.set(chatId, list);
    this.#tell('message', message);
    return message;
  }

  /** Replaces text and attachments; every personal view ends. */
  update(chatId: string, id: string, given: Pick<Message, 'text' | 'attachments'>): boolean {
    const stored = this.#stored(chatId, id);
    if (stored === undefined) return false;
    const { text, attachments } = given;
    stored.message = { ...stored.message, text, attachments, edited: true };
    stored.edits += 1;
    stored.views.clear();
    this.#tell('update', stored.message);
    return true;
  }

  remove(chatId: string, id: string): boolean {
    const stored = this.#stored(chatId, id);
    if (stored === undefined) return false;
    const left = (this.#messages.get(chatId) ?? []).filter((one) => one !== stored);
    this.#messages.set(chatId, left);
    this.#tell('delete', stored.message);
    return true;
  }

  /** The message that everybody sees, and how often it was edited. */
  get(chatId: string, id: string): { message: Message; edits: number } | undefined {
    const stored = this.#stored(chatId, id);
    return stored && { message: stored.message, edits: stored.edits };
  }

  visible(personId: string, chatId: string): readonly Message[] {
    if (!this.of(personId).some(({ chat }) => chat.id === chatId)) return [];
    return (this.#messages.get(chatId) ?? []).map((stored) => seenBy(stored, personId));
  }

  /**
   * Shows one person another card in this message until the bot edits it. Does nothing when it was
   * edited since `edits` was read: the card is then older than the message.
   */
  showTo(options: {
    personId: string;
    chatId: string;
    id: string;
    card: Json;
    edits: number;
  }): void {
    const stored = this.#stored(options.chatId, options.id);
    if (stored === undefined || stored.edits !== options.edits) return;
    stored.views.set(options.personId, options.card);
  }

  listen(personId: string, heard: (event: WorldEvent) => void): () => void {
    const listeners = this.#listeners.get(personId) ?? new Set();
    this.#listeners.set(personId, listeners.add(heard));
    return () => void listeners.delete(heard);
  }

  #stored(chatId: string, id: string): Stored | undefined {
    return this.#messages.get(chatId)?.find(({ message }) => message.id === id);
  }

  #tell(type: WorldEvent['type'], message: Message): void {
    const { chatId } = message;
    for (const { id } of this.find(chatId)?.members ?? []) {
      for (const heard of [...(this.#listeners.get(id) ?? [])]) heard({ type, chatId, message });
    }
  }
}

function seenBy({ message, views }: Stored, personId: string): Message {
  const card = views.get(personId);
  if (card === undefined) return message;
  const attachments = message.attachments.map((one) =>
    one.contentType === CARD ? { ...one, content: card } : one,
  );
  return { ...message, attachments };
}

function personalChatId(person: Person): string {
  return `a:1${sha256(person.mri)}`;
}
