import { actionOf, cardOf, eventually, textOfCard } from '../../src/local/find.ts';
import { isJsonObject } from '../../src/lib/strict-json.ts';
import { APPROVALS } from '../../src/local/profile.ts';
import type { LocalParts } from '../../src/local/profile.ts';
import type { ClickResult, Json, Message } from '../../src/local/world.ts';
import { checkDeclared } from './declared-answers.ts';

/** The parts around the service, and its address. */
export type Around = Pick<LocalParts, 'connector' | 'provider' | 'url'>;

/** An answer of the HTTP API. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Json;
}

export interface Asked {
  readonly id: string;
  readonly number: number;
}

/** A message with a card, in a personal chat or in the channel. */
export interface Place {
  readonly chatId: string;
  readonly messageId: string;
}

/** Calls the HTTP API with the CLI token of a person, with another token, or without one. */
export async function api(
  world: Around,
  path: string,
  options: {
    as?: string;
    token?: string;
    body?: unknown;
    headers?: Record<string, string>;
    method?: string;
  } = {},
): Promise<ApiAnswer> {
  const { as, body } = options;
  const token = options.token ?? (as === undefined ? undefined : await personToken(world, as));
  const method = options.method ?? (body === undefined ? 'GET' : 'POST');
  const response = await fetch(`${world.url}${path}`, {
    method,
    headers: {
      // The service may restart between two calls.
      connection: 'close',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...options.headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  await checkDeclared(method, path, response);
  const text = await response.text();
  const parsed: unknown = text === '' ? {} : JSON.parse(text);
  return {
    status: response.status,
    headers: response.headers,
    body: isJsonObject(parsed) ? parsed : {},
  };
}

/** A person's token for the HTTP API. */
export function personToken({ provider }: Around, personId: string): Promise<string> {
  return provider.personToken({ personId, audience: 'api' });
}

export const DEPLOYMENT = {
  workflow: 'deploy-production',
  reason: 'Fixes the rounding of refunds',
  fields: { service: 'checkout', version: '4.2.0', window: '1h' },
};

/** Submits a request as a pipeline; throws when it is refused. */
export async function askByPipeline(
  world: Around,
  change: { fields?: Json; reason?: string | null; key?: string } = {},
): Promise<Asked & { waitToken: string; body: Json }> {
  const { fields, reason = DEPLOYMENT.reason, key } = change;
  const { status, body } = await api(world, '/v1/requests', {
    token: await world.provider.workloadToken(),
    body: { ...DEPLOYMENT, reason, fields: { ...DEPLOYMENT.fields, ...fields } },
    ...(key === undefined ? {} : { headers: { 'idempotency-key': key } }),
  });
  if (status !== 201) throw new Error(`not asked: ${status} ${JSON.stringify(body)}`);
  return { ...askedFrom(body), waitToken: String(body['waitToken']), body };
}

/** Submits a request as a person by the HTTP API. */
export async function askByApi(world: Around, personId: string, body: Json): Promise<Asked> {
  const answer = await api(world, '/v1/requests', { as: personId, body });
  if (answer.status !== 201) {
    throw new Error(`not asked: ${answer.status} ${JSON.stringify(answer.body)}`);
  }
  return askedFrom(answer.body);
}

function askedFrom(body: Json): Asked {
  return { id: String(body['id']), number: Number(body['number']) };
}

/** The id of a person's chat with the bot. */
export function personalChat({ connector }: Around, personId: string): string {
  const chat = connector.chats(personId).find(({ kind }) => kind === 'personal');
  if (!chat) throw new Error(`${personId} has no personal chat`);
  return chat.id;
}

/** Makes the bot show a form in the person's chat; returns its message. */
export async function openForm(world: Around, personId: string, command: string): Promise<Message> {
  const { connector } = world;
  const chatId = personalChat(world, personId);
  const before = new Set(connector.messages(personId, chatId).map(({ id }) => id));
  await connector.say(personId, chatId, command);
  return eventually('a form in the chat', () =>
    connector
      .messages(personId, chatId)
      .find((one) => !before.has(one.id) && actionOf(cardOf(one), 'submit') !== undefined),
  );
}

/** Submits in the chat by command, form, button and sign-on; returns request and message. */
export async function askInChat(
  world: Around,
  personId: string,
  given: { command: string; inputs?: Json },
): Promise<Asked & { place: Place }> {
  const form = await openForm(world, personId, given.command);
  const place = { chatId: form.chatId, messageId: form.id };
  const result = await press(world, personId, {
    place,
    verb: 'submit',
    inputs: given.inputs ?? inputsOf(cardOf(form)),
  });
  if (result.kind !== 'card') throw new Error(`not asked: ${JSON.stringify(result)}`);
  const { body } = await api(world, '/v1/requests?requester=me&limit=1', { as: personId });
  const [first] = body['requests'] as Json[];
  return { ...askedFrom(first ?? {}), place };
}

/** The inputs of an unchanged form as a client sends them: id and text value. */
export function inputsOf(card: unknown): Json {
  const found: Json = {};
  const walk = (value: unknown) => {
    if (Array.isArray(value)) return value.forEach(walk);
    if (!isJsonObject(value)) return;
    const { type, id } = value;
    if (typeof type === 'string' && type.startsWith('Input.') && typeof id === 'string') {
      found[id] = value['value'] === undefined ? '' : String(value['value']);
    }
    Object.values(value).forEach(walk);
  };
  walk(card);
  return found;
}

/** The channel's message with a request's card, in the view of everybody or of one person. */
export function channelMessage(
  { connector }: Around,
  number: number,
  personId = 'rafael',
): Message | undefined {
  return cardsOf(connector.messages(personId, APPROVALS), number)[0];
}

/** Every message that shows a card of this request. */
export function cardsOf(messages: readonly Message[], number: number): Message[] {
  return messages.filter((message) =>
    new RegExp(`(^|\\s)#${number}\\b`).test(textOfCard(cardOf(message))),
  );
}

/** Waits for the channel's card; returns its place. */
export async function placeInChannel(world: Around, number: number): Promise<Place> {
  const { id } = await eventually(`the card of request ${number} in the channel`, () =>
    channelMessage(world, number),
  );
  return { chatId: APPROVALS, messageId: id };
}

/** The card that a person sees at a place. */
export function cardAt({ connector }: Around, personId: string, place: Place): Json {
  const message = connector
    .messages(personId, place.chatId)
    .find(({ id }) => id === place.messageId);
  const card = cardOf(message);
  if (!card) throw new Error(`${personId} sees no card there`);
  return card;
}

/** The text that a person reads at a place. */
export function textAt(world: Around, personId: string, place: Place): string {
  return textOfCard(cardAt(world, personId, place));
}

export interface Press {
  readonly place: Place;
  readonly verb: string;
  readonly inputs?: Json;
  readonly state?: string;
  /** The card of the button, if it is not the one that the person sees there. */
  readonly card?: Json;
}

/** Presses a button as the person's client does, by single sign-on where available. */
export async function press(world: Around, personId: string, given: Press): Promise<ClickResult> {
  const { place, inputs, state } = given;
  return world.connector.click({
    personId,
    chatId: place.chatId,
    messageId: place.messageId,
    action: buttonOf(world, personId, given),
    ...(inputs === undefined ? {} : { inputs }),
    ...(state === undefined ? {} : { state }),
  });
}

function buttonOf(world: Around, personId: string, { place, verb, card }: Press): Json {
  const shown = card ?? cardAt(world, personId, place);
  const action = actionOf(shown, verb);
  if (!action) throw new Error(`there is no ${verb} in: ${textOfCard(shown)}`);
  return action;
}

/** The activity of a click, without sending it; `value` adds members to the client's. */
export function pressActivity(
  world: Around,
  personId: string,
  given: Press & { value?: Json },
): Json {
  const action = buttonOf(world, personId, given);
  const { verb, data } = action;
  return world.connector.activity({
    personId,
    chatId: given.place.chatId,
    replyToId: given.place.messageId,
    with: {
      type: 'invoke',
      name: 'adaptiveCard/action',
      value: {
        action: {
          type: 'Action.Execute',
          verb,
          data: { ...(isJsonObject(data) ? data : {}), ...given.inputs },
        },
        trigger: 'manual',
        ...(given.state === undefined ? {} : { state: given.state }),
        ...given.value,
      },
    },
  });
}

/** The members that single sign-on adds to an activity's value. */
export async function signedOn(
  { provider }: Around,
  personId: string,
  id = `exchange-${personId}`,
): Promise<Json> {
  const token = await provider.singleSignOnToken(personId);
  return { authentication: { id, connectionName: 'countersign', token } };
}

/** Reads a request as an approver; throws where that fails. */
export async function readRequest(world: Around, id: string, as = 'amara'): Promise<Json> {
  const { status, body } = await api(world, `/v1/requests/${id}`, { as });
  if (status !== 200) throw new Error(`${as} cannot read ${id}: ${status}`);
  return body;
}

/** A request without its cards: they are brought up to date while a test goes on. */
export async function readContent(world: Around, id: string): Promise<Json> {
  return { ...(await readRequest(world, id)), cards: undefined };
}

/** Waits until a request is in this state. */
export function eventuallyIn(
  world: Around,
  id: string,
  state: string,
  options: { as?: string; withinMs?: number } = {},
): Promise<Json> {
  return eventually(
    `request ${id} ${state}`,
    async () => {
      const request = await readRequest(world, id, options.as);
      return request['state'] === state && request;
    },
    options.withinMs,
  );
}
