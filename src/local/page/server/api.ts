import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Chat, Click, Json, Person, TeamsWorld } from '../../world.ts';
import type { EventStreams } from './event-streams.ts';
import { PageProblem, sendJson } from './problem.ts';
import { readJson } from './read-json.ts';

const MAX_TEXT_CHARS = 8_000;
const MAX_ID_CHARS = 400;
const MAX_STATE_CHARS = 200;

/** The settings that the page shows. */
export interface About {
  readonly title: string;
  readonly links: readonly { readonly label: string; readonly url: string }[];
  readonly commandId: string;
  readonly suggestions: readonly string[];
}

/** One call of the page's API. */
export interface ApiCall {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  readonly world: TeamsWorld;
  readonly streams: EventStreams;
  readonly about: About;
}

type Body = Record<string, unknown>;
type Post = (call: ApiCall, body: Body) => Promise<unknown>;

const POSTS: Readonly<Record<string, Post>> = {
  '/api/say': say,
  '/api/click': click,
  '/api/refresh': refresh,
  '/api/extension/open': openExtension,
  '/api/extension/submit': submitExtension,
  '/api/settings': changeSettings,
};

const MESSAGES_PATH = /^\/api\/chats\/([^/]{1,1200})\/messages$/;

/**
 * Answers one call of the page's JSON API. `as` names the person who looks or acts. The event
 * stream stays open.
 *
 * @throws PageProblem 400, 404, 405, 413, 415, 429 with a code, and the errors of the connector.
 */
export async function handleApi(call: ApiCall): Promise<void> {
  const { pathname } = call.url;
  const post = Object.hasOwn(POSTS, pathname) ? POSTS[pathname] : undefined;
  if (post) {
    requireMethod(call.request, 'POST');
    const body = await readJson(call.request);
    sendJson(call.response, 200, (await post(call, body)) ?? null);
    return;
  }
  const messages = MESSAGES_PATH.exec(pathname);
  if (!messages && pathname !== '/api/state' && pathname !== '/api/events') {
    throw new PageProblem(404, 'not-found', `There is nothing at ${pathname}.`);
  }
  requireMethod(call.request, 'GET');
  const person = findPerson(call.world, call.url.searchParams.get('as'));
  if (messages) {
    const chat = findChat(call.world, person.id, decodeId(messages[1] ?? ''));
    sendJson(call.response, 200, { messages: call.world.messages(person.id, chat.id) });
  } else if (pathname === '/api/state') {
    sendJson(call.response, 200, stateOf(call, person));
  } else {
    call.streams.open(person.id, call.response);
  }
}

function stateOf(call: ApiCall, person: Person): Json {
  return {
    ...call.about,
    me: person.id,
    people: call.world.people(),
    chats: call.world.chats(person.id),
    settings: { singleSignOn: call.world.singleSignOn },
  };
}

async function say(call: ApiCall, body: Body): Promise<Json> {
  const { person, chat } = place(call, body);
  const text = stringOf(body, 'text', MAX_TEXT_CHARS).trim();
  if (text === '') throw new PageProblem(400, 'bad-input', '"text" is empty.');
  await call.world.say(person.id, chat.id, text);
  return { said: true };
}

async function click(call: ApiCall, body: Body): Promise<unknown> {
  const { person, chat } = place(call, body);
  const pressed: Click = {
    personId: person.id,
    chatId: chat.id,
    messageId: stringOf(body, 'messageId', MAX_ID_CHARS),
    action: objectOf(body, 'action'),
    inputs: body['inputs'] === undefined ? {} : objectOf(body, 'inputs'),
    ...stateIn(body),
    ...(body['dialog'] === true ? { dialog: true } : {}),
  };
  return call.world.click(pressed);
}

async function refresh(call: ApiCall, body: Body): Promise<Json> {
  const { person, chat } = place(call, body);
  const messageId = stringOf(body, 'messageId', MAX_ID_CHARS);
  return { card: (await call.world.refresh(person.id, chat.id, messageId)) ?? null };
}

async function openExtension(call: ApiCall, body: Body): Promise<unknown> {
  const { person, chat } = place(call, body);
  return call.world.openExtension(person.id, chat.id, stringOf(body, 'commandId', MAX_ID_CHARS));
}

async function submitExtension(call: ApiCall, body: Body): Promise<unknown> {
  const { person, chat } = place(call, body);
  const form = {
    personId: person.id,
    chatId: chat.id,
    commandId: stringOf(body, 'commandId', MAX_ID_CHARS),
    data: objectOf(body, 'data'),
    ...stateIn(body),
  };
  return call.world.submitExtension(form);
}

async function changeSettings(call: ApiCall, body: Body): Promise<Json> {
  const wanted = body['singleSignOn'];
  if (typeof wanted !== 'boolean') {
    throw new PageProblem(400, 'bad-input', '"singleSignOn" is true or false.');
  }
  call.world.singleSignOn = wanted;
  const settings = { singleSignOn: call.world.singleSignOn };
  call.streams.tellSettings(settings);
  return settings;
}

function place(call: ApiCall, body: Body): { person: Person; chat: Chat } {
  const person = findPerson(call.world, stringOf(body, 'as', MAX_ID_CHARS));
  return { person, chat: findChat(call.world, person.id, stringOf(body, 'chatId', MAX_ID_CHARS)) };
}

function findPerson(world: TeamsWorld, id: string | null): Person {
  const people = world.people();
  const person = id === null ? people[0] : people.find((one) => one.id === id);
  if (!person) throw new PageProblem(404, 'unknown-person', 'There is no such demo person.');
  return person;
}

function findChat(world: TeamsWorld, personId: string, chatId: string): Chat {
  const chat = world.chats(personId).find((one) => one.id === chatId);
  if (!chat) throw new PageProblem(404, 'unknown-chat', 'This person is not in that chat.');
  return chat;
}

function stringOf(body: Body, name: string, maxChars: number): string {
  const value = body[name];
  if (typeof value !== 'string' || value.length > maxChars) {
    throw new PageProblem(400, 'bad-input', `"${name}" is a string of at most ${maxChars}.`);
  }
  return value;
}

function objectOf(body: Body, name: string): Json {
  const value = body[name];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new PageProblem(400, 'bad-input', `"${name}" is a JSON object.`);
  }
  return value as Json;
}

function stateIn(body: Body): { state?: string } {
  return body['state'] === undefined ? {} : { state: stringOf(body, 'state', MAX_STATE_CHARS) };
}

function decodeId(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    const problem = new PageProblem(400, 'bad-input', 'The chat id is not percent-encoded.');
    throw Object.assign(problem, { cause });
  }
}

function requireMethod(request: IncomingMessage, method: 'GET' | 'POST'): void {
  if (request.method !== method) {
    throw new PageProblem(405, 'method-not-allowed', `Only ${method} is answered here.`);
  }
}
