/** The client of Teams: what it sends when a person writes, presses or opens something. */
import { cardOf } from '../find.ts';
import { jsonOr } from '../../lib/strict-json.ts';
import { textOf } from '../loopback.ts';
import type { Click, ClickResult, Json, TeamsWorld } from '../world.ts';
import { messageActivity, personActivity } from './activities.ts';
import { actionAnswer, dialogAnswer, problem, type LoginRequest } from './answers.ts';
import type { Origin } from './chats.ts';
import { addApp } from './install.ts';
import type { ConnectorParts } from './parts.ts';

const THEME = { theme: 'default' };

/** Creates the client. */
export function teamsClient(parts: ConnectorParts): TeamsWorld {
  const { chats } = parts;
  const extension = async (
    options: { personId: string; chatId: string; commandId: string },
    name: string,
    more: Json,
  ) => {
    const origin = chats.origin(options.personId, options.chatId);
    await addApp(parts, origin);
    const value = {
      commandId: options.commandId,
      commandContext: 'compose',
      context: THEME,
      ...more,
    };
    return dialogAnswer(await invoke(parts, origin, { name: `composeExtension/${name}`, value }));
  };
  const world: TeamsWorld = {
    singleSignOn: true,
    people: () => parts.people,
    chats: (personId) => chats.of(personId).map(({ chat }) => chat),
    messages: (personId, chatId) => chats.visible(personId, chatId),
    listen: (personId, heard) => chats.listen(personId, heard),
    async say(personId, chatId, text) {
      const origin = chats.origin(personId, chatId);
      // Teams offers to add a missing app at the first use.
      await addApp(parts, origin);
      const { person } = origin;
      const from = { id: person.mri, name: person.name, bot: false };
      const { id } = chats.add(chatId, { from, text, attachments: [] });
      const threadId = origin.conversation.channel === undefined ? undefined : id;
      await parts.delivery.tell(messageActivity(parts, { ...origin, threadId }, { id, text }));
    },
    async click(click) {
      const here = chats.origin(click.personId, click.chatId, click.messageId);
      const found = chats.get(click.chatId, click.messageId);
      if (found === undefined) return problem('message_gone', 'This message is gone.');
      const press = { parts, here, click, edits: found.edits, sso: world.singleSignOn };
      if (click.action.type === 'Action.Execute') return execute(press);
      if (click.action.type === 'Action.Submit') return submit(press);
      return problem('action_unsupported', 'This button sends nothing to the app.');
    },
    refresh: (...place) => refresh(parts, place),
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
  readonly parts: ConnectorParts;
  readonly here: Origin;
  readonly click: Click;
  readonly edits: number;
  readonly sso: boolean;
}

function invoke(parts: ConnectorParts, origin: Origin, members: { name: string; value: Json }) {
  return parts.delivery.invoke(personActivity(parts, origin, members));
}

async function refresh(
  parts: ConnectorParts,
  [personId, chatId, id]: Parameters<TeamsWorld['refresh']>,
): Promise<Json | undefined> {
  const { chats } = parts;
  const origin = chats.origin(personId, chatId, id);
  const found = chats.get(chatId, id);
  const wanted = jsonOr(cardOf(found?.message)?.refresh);
  const ids: unknown[] = Array.isArray(wanted.userIds) ? wanted.userIds : [];
  if (found === undefined || !ids.includes(origin.person.mri)) return undefined;
  const value = { action: sentAction(jsonOr(wanted.action), {}), trigger: 'automatic' };
  const answer = actionAnswer(await invoke(parts, origin, { name: 'adaptiveCard/action', value }));
  // Teams ignores a login request here: the base card stays.
  if (answer.kind !== 'result' || answer.result.kind !== 'card') return undefined;
  const { card } = answer.result;
  chats.showTo({ personId, chatId, id, card, edits: found.edits });
  return card;
}

async function execute(press: Press): Promise<ClickResult> {
  const { click, parts } = press;
  const action = sentAction(click.action, click.inputs ?? {});
  const send = async (more: Json) => {
    const value = { action, trigger: 'manual', ...more };
    return actionAnswer(await invoke(parts, press.here, { name: 'adaptiveCard/action', value }));
  };
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
  parts: ConnectorParts,
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
  const data = { ...jsonOr(click.action.data), ...click.inputs };
  const fetches = jsonOr(data.msteams).type === 'task/fetch';
  if (click.dialog === true || fetches) {
    const name = click.dialog === true ? 'task/submit' : 'task/fetch';
    return dialogAnswer(await invoke(parts, here, { name, value: { data, context: THEME } }));
  }
  const activity = personActivity(parts, here, {
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

// Teams sends only the members that universal actions define, without titles and styles.
function sentAction(action: Json, inputs: Json): Json {
  const given = action.associatedInputs === 'none' ? {} : inputs;
  const id = textOf(action.id);
  return {
    type: 'Action.Execute',
    ...(id === undefined ? {} : { id }),
    verb: textOf(action.verb) ?? '',
    data: { ...jsonOr(action.data), ...given },
  };
}
