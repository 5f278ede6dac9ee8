/** The client of Teams: what it sends when a person writes, presses or opens something. */
import { objectOr, textOf } from '../loopback.ts';
import type { Click, ClickResult, Json, Message, Person, TeamsWorld } from '../world.ts';
import { messageActivity, personActivity, type ActivityParts, type Origin } from './activities.ts';
import { actionAnswer, dialogAnswer, problem, type LoginRequest } from './answers.ts';
import { cardOf, type Chats, type Conversation } from './chats.ts';
import type { Delivery } from './delivery.ts';

/** The parts that the client uses. */
export interface ClientParts {
  readonly people: readonly Person[];
  readonly chats: Chats;
  readonly activity: ActivityParts;
  readonly delivery: Delivery;
  singleSignOn(personId: string, resource: string): Promise<string>;
  /** Adds the app when it is missing, as Teams offers at the first use. */
  ensureInstalled(person: Person, conversation: Conversation): Promise<void>;
  log(line: string): void;
}

/** Creates the client. */
export function teamsClient(parts: ClientParts): TeamsWorld {
  const { chats } = parts;
  const place = (personId: string, chatId: string): Origin => {
    const person = parts.people.find(({ id }) => id === personId);
    if (person === undefined) throw new Error(`there is no person ${personId}`);
    const conversation = chats.of(personId).find(({ chat }) => chat.id === chatId);
    if (conversation === undefined) throw new Error(`${personId} is not in the chat ${chatId}`);
    return { person, conversation };
  };
  const invoke = (origin: Origin, name: string, value: Json) =>
    parts.delivery.invoke(personActivity(parts.activity, origin, { name, value }));
  const extension = async (
    options: { personId: string; chatId: string; commandId: string },
    name: string,
    more: Json,
  ) => {
    const origin = place(options.personId, options.chatId);
    await parts.ensureInstalled(origin.person, origin.conversation);
    const value = {
      commandId: options.commandId,
      commandContext: 'compose',
      context: { theme: 'default' },
      ...more,
    };
    return dialogAnswer(await invoke(origin, `composeExtension/${name}`, value));
  };
  const world: TeamsWorld = {
    singleSignOn: true,
    people: () => parts.people,
    chats: (personId) => chats.of(personId).map(({ chat }) => chat),
    messages: (personId, chatId) => chats.visible(personId, chatId),
    listen: (personId, heard) => chats.listen(personId, heard),
    async say(personId, chatId, text) {
      const origin = place(personId, chatId);
      await parts.ensureInstalled(origin.person, origin.conversation);
      await say(parts, origin, text);
    },
    async click(click) {
      const origin = place(click.personId, click.chatId);
      const found = chats.get(click.chatId, click.messageId);
      if (found === undefined) return problem('message_gone', 'This message is gone.');
      const here = at(origin, found.message);
      const press = { parts, here, click, edits: found.edits, sso: world.singleSignOn, invoke };
      if (click.action.type === 'Action.Execute') return execute(press);
      if (click.action.type === 'Action.Submit') return submit(press);
      return problem('action_unsupported', 'This button sends nothing to the app.');
    },
    refresh: (personId, chatId, messageId) =>
      refresh({ parts, origin: place(personId, chatId), messageId, invoke }),
    openExtension: (personId, chatId, commandId) =>
      extension({ personId, chatId, commandId }, 'fetchTask', {}),
    submitExtension: (options) =>
      extension(options, 'submitAction', {
        data: options.data,
        ...(options.state === undefined ? {} : { state: options.state }),
      }),
  };
  return world;
}

interface Press {
  readonly parts: ClientParts;
  readonly here: Origin;
  readonly click: Click;
  readonly edits: number;
  readonly sso: boolean;
  invoke(origin: Origin, name: string, value: Json): ReturnType<Delivery['invoke']>;
}

// The conversation of an activity about a message: in a channel, its thread.
function at(origin: Origin, message: Message): Origin {
  const here = { ...origin, replyToId: message.id };
  if (origin.conversation.channel === undefined) return here;
  return { ...here, threadId: message.threadId ?? message.id };
}

async function refresh(options: {
  parts: ClientParts;
  origin: Origin;
  messageId: string;
  invoke: Press['invoke'];
}): Promise<Json | undefined> {
  const {
    parts: { chats },
    origin,
    messageId,
  } = options;
  const chatId = origin.conversation.chat.id;
  const found = chats.get(chatId, messageId);
  const wanted = objectOr(cardOf(found?.message)?.refresh);
  const ids: unknown[] = Array.isArray(wanted.userIds) ? wanted.userIds : [];
  if (found === undefined || !ids.includes(origin.person.mri)) return undefined;
  const value = { action: sentAction(objectOr(wanted.action), {}), trigger: 'automatic' };
  const invoked = await options.invoke(at(origin, found.message), 'adaptiveCard/action', value);
  const answer = actionAnswer(invoked);
  // Teams ignores a login request here: the base card stays.
  if (answer.kind !== 'result' || answer.result.kind !== 'card') return undefined;
  const { card } = answer.result;
  const personId = origin.person.id;
  chats.showTo({ personId, chatId, id: messageId, card, edits: found.edits });
  return card;
}

async function say(parts: ClientParts, origin: Origin, text: string): Promise<void> {
  const { person, conversation } = origin;
  const message = parts.chats.add(conversation.chat.id, {
    from: { id: person.mri, name: person.name, bot: false },
    text,
    attachments: [],
  });
  const here = conversation.channel === undefined ? origin : { ...origin, threadId: message.id };
  const activity = messageActivity(parts.activity, here, { id: message.id, text });
  await tell(parts, activity);
}

/** Sends an activity that is not an invoke; throws when the bot refuses it. */
export async function tell(parts: Pick<ClientParts, 'delivery'>, activity: Json): Promise<void> {
  const { status } = await parts.delivery.post(activity);
  if (status < 200 || status > 299) {
    throw new Error(`the bot answered ${status} to ${String(activity.type)}`);
  }
}

async function execute(press: Press): Promise<ClickResult> {
  const { click, parts } = press;
  const action = sentAction(click.action, click.inputs ?? {});
  const send = async (more: Json) =>
    actionAnswer(
      await press.invoke(press.here, 'adaptiveCard/action', { action, trigger: 'manual', ...more }),
    );
  const first = await send(click.state === undefined ? {} : { state: click.state });
  if (first.kind === 'result') return shown(press, first.result);
  const exchange = press.sso && click.state === undefined ? first.login?.exchange : undefined;
  const token = exchange && (await silentToken(parts, click.personId, exchange.uri));
  if (exchange === undefined || token === undefined) return signIn(first.login);
  const { connectionName } = first.login ?? {};
  const second = await send({ authentication: { id: exchange.id, connectionName, token } });
  if (second.kind === 'result') return shown(press, second.result);
  return signIn(second.login ?? first.login);
}

async function silentToken(
  parts: ClientParts,
  personId: string,
  resource: string,
): Promise<string | undefined> {
  try {
    return await parts.singleSignOn(personId, resource);
  } catch (error) {
    parts.log(`no single sign-on for ${resource}: ${String(error)}`);
    return undefined;
  }
}

function signIn(login: LoginRequest | undefined): ClickResult {
  if (login?.url === undefined) {
    return problem('sign_in_failed', 'Sign-in did not work, and the app offers no other way.');
  }
  return { kind: 'signIn', url: login.url, text: login.text };
}

function shown(press: Press, result: ClickResult): ClickResult {
  const { click, edits } = press;
  // In a dialog the answer belongs to the dialog, not to the message.
  if (result.kind === 'card' && click.dialog !== true) {
    const { personId, chatId, messageId: id } = click;
    press.parts.chats.showTo({ personId, chatId, id, card: result.card, edits });
  }
  return result;
}

async function submit(press: Press): Promise<ClickResult> {
  const { click, here, parts } = press;
  const data = merged(click.action.data, click.inputs ?? {});
  if (click.dialog === true) {
    return dialogAnswer(await press.invoke(here, 'task/submit', { data, context: theme() }));
  }
  if (objectOr(data.msteams).type === 'task/fetch') {
    return dialogAnswer(await press.invoke(here, 'task/fetch', { data, context: theme() }));
  }
  const activity = personActivity(parts.activity, here, {
    type: 'message',
    id: parts.chats.nextId(),
    text: '',
    textFormat: 'plain',
    value: data,
  });
  const { status } = await parts.delivery.post(activity);
  if (status >= 200 && status <= 299) return { kind: 'none' };
  return problem(`http_${status}`, 'Something went wrong. Please try again.');
}

function theme(): Json {
  return { theme: 'default' };
}

// Teams sends only the members that universal actions define, without titles and styles.
function sentAction(action: Json, inputs: Json): Json {
  const given = action.associatedInputs === 'none' ? {} : inputs;
  const id = textOf(action.id);
  return {
    type: 'Action.Execute',
    ...(id === undefined ? {} : { id }),
    verb: textOf(action.verb) ?? '',
    data: merged(action.data, given),
  };
}

function merged(data: unknown, inputs: Json): Json {
  return { ...objectOr(data), ...inputs };
}
