import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { sendJson } from '../../loopback.ts';
import type { Json, Person, TeamsWorld } from '../../world.ts';
import type { EventStreams } from './event-streams.ts';
import { PageProblem } from './problem.ts';
import { readJson } from './read-json.ts';

/** The settings that the page shows. `commandId` is the extension command behind "+ Request". */
const ABOUT = {
  title: 'Countersign',
  commandId: 'request',
  /** What an empty chat suggests to say first. */
  suggestions: ['request deploy-production', 'help'],
};

/** One call of the page's API. */
export interface ApiCall {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  readonly world: TeamsWorld;
  readonly streams: EventStreams;
}

const Id = z.string().max(400);
const Members = z.record(z.string(), z.unknown());
const State = z.string().max(200).optional();
/** The person who acts, and the chat. */
const Place = z.object({ as: Id, chatId: Id });
const Said = Place.extend({ text: z.string().max(8_000).trim().min(1) });
const Pressed = Place.extend({
  messageId: Id,
  action: Members,
  inputs: Members.default({}),
  state: State,
  dialog: z.boolean().optional(),
});
const Shown = Place.extend({ messageId: Id });
const Command = Place.extend({ commandId: Id });
const Form = Command.extend({ data: Members, state: State });
const Settings = z.object({ singleSignOn: z.boolean() });

const POSTS: Readonly<Record<string, (call: ApiCall, body: Json) => Promise<unknown>>> = {
  async '/api/say'({ world }, body) {
    const { as, chatId, text } = checked(Said, body);
    await world.say(as, chatId, text);
    return { said: true };
  },
  async '/api/click'({ world }, body) {
    const { as: personId, ...pressed } = checked(Pressed, body);
    return world.click({ personId, ...pressed });
  },
  async '/api/refresh'({ world }, body) {
    const { as, chatId, messageId } = checked(Shown, body);
    return { card: (await world.refresh(as, chatId, messageId)) ?? null };
  },
  async '/api/extension/open'({ world }, body) {
    const { as, chatId, commandId } = checked(Command, body);
    return world.openExtension(as, chatId, commandId);
  },
  async '/api/extension/submit'({ world }, body) {
    const { as: personId, ...form } = checked(Form, body);
    return world.submitExtension({ personId, ...form });
  },
};

const MESSAGES_PATH = /^\/api\/chats\/([^/]{1,1200})\/messages$/;

/**
 * Answers one call of the page's JSON API. `as` names the person who looks or acts. The event
 * stream stays open.
 *
 * @throws PageProblem 400, 404, 405, 413, 415, 429 with a code, and the errors of the connector.
 */
export async function handleApi(call: ApiCall): Promise<void> {
  const { request, response, url, world } = call;
  const { pathname } = url;
  const post = Object.hasOwn(POSTS, pathname) ? POSTS[pathname] : undefined;
  if (post || pathname === '/api/settings') {
    requireMethod(request, 'POST');
    const body = await readJson(request);
    if (!post) return sendJson(response, { status: 200, body: changeSettings(call, body) });
    const { as, chatId } = checked(Place, body);
    checkChat(world, findPerson(world, as), chatId);
    return sendJson(response, { status: 200, body: await post(call, body) });
  }
  const messages = MESSAGES_PATH.exec(pathname);
  if (!messages && pathname !== '/api/state' && pathname !== '/api/events') {
    throw new PageProblem(404, 'not-found', `There is nothing at ${pathname}.`);
  }
  requireMethod(request, 'GET');
  const person = findPerson(world, url.searchParams.get('as'));
  if (pathname === '/api/events') return call.streams.open(person.id, response);
  const body = messages ? messagesOf(world, person, messages[1] ?? '') : stateOf(world, person);
  sendJson(response, { status: 200, body });
}

function messagesOf(world: TeamsWorld, person: Person, encodedId: string): Json {
  let chatId: string;
  try {
    chatId = decodeURIComponent(encodedId);
  } catch (cause) {
    throw new PageProblem(400, 'bad-input', 'The chat id is not percent-encoded.', { cause });
  }
  checkChat(world, person, chatId);
  return { messages: world.messages(person.id, chatId) };
}

function stateOf(world: TeamsWorld, person: Person): Json {
  return {
    ...ABOUT,
    me: person.id,
    people: world.people(),
    chats: world.chats(person.id),
    settings: { singleSignOn: world.singleSignOn },
  };
}

function changeSettings({ world, streams }: ApiCall, body: Json): Json {
  const settings = checked(Settings, body);
  world.singleSignOn = settings.singleSignOn;
  streams.tellSettings(settings);
  return settings;
}

function findPerson(world: TeamsWorld, id: string | null): Person {
  const people = world.people();
  const person = id === null ? people[0] : people.find((one) => one.id === id);
  if (!person) throw new PageProblem(404, 'unknown-person', 'There is no such demo person.');
  return person;
}

function checkChat(world: TeamsWorld, person: Person, chatId: string): void {
  if (world.chats(person.id).some((one) => one.id === chatId)) return;
  throw new PageProblem(404, 'unknown-chat', 'This person is not in that chat.');
}

function checked<Schema extends z.ZodType>(schema: Schema, body: Json): z.infer<Schema> {
  const { success, data, error } = schema.safeParse(body);
  if (!success) throw new PageProblem(400, 'bad-input', z.prettifyError(error));
  return data;
}

function requireMethod(request: IncomingMessage, method: 'GET' | 'POST'): void {
  if (request.method !== method) {
    throw new PageProblem(405, 'method-not-allowed', `Only ${method} is answered here.`);
  }
}
