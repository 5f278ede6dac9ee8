import type { IncomingMessage } from 'node:http';
import { checkCaller } from '../../../src/local/playground/guard.ts';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { parse } from 'yaml';
import { jsonOr } from '../../../src/lib/strict-json.ts';
import { silentLogger } from '../../../src/lib/logger.ts';
import { actionOf, eventually } from '../../../src/local/find.ts';
import { listenOnLoopback, readText, sendJson, stopServer } from '../../../src/local/loopback.ts';
import { startLocalProfile } from '../../../src/local/profile.ts';
import type { LocalProfile } from '../../../src/local/profile.ts';
import type { Json } from '../../../src/local/world.ts';
import { freePorts } from '../../support/free-ports.ts';
import { folder } from '../cli/support.ts';

/**
 * A client that speaks as the Playground 0.2.28 does: unsigned activities with `localhost` in
 * serviceUrl, and a connector at `/_connector`. The real one is not used in tests, because its
 * licence allows evaluation only.
 */
let playground: Server;
let origin = '';
let received: { method: string; path: string; body: Json }[] = [];
let home: ReturnType<typeof folder>;
let started: LocalProfile | undefined;
let port = 0;

beforeAll(async () => {
  home = folder({});
  playground = createServer((req, res) => {
    void readText(req, 1_000_000).then((text = '') => {
      const path = decodeURIComponent(req.url ?? '');
      received.push({ method: req.method ?? '', path, body: jsonOr(JSON.parse(text || '{}')) });
      const id = String(1_796_141_656_000 + received.length);
      const created = path === '/_connector/v3/conversations';
      const channel = jsonOr(jsonOr(jsonOr(received.at(-1)?.body)['channelData'])['channel'])['id'];
      const body = created ? { id: `${String(channel)};messageid=${id}`, activityId: id } : { id };
      sendJson(res, { status: created ? 201 : 200, body });
    });
  });
  origin = (await listenOnLoopback(playground, 0)).replace('127.0.0.1', 'localhost');
  port = await freePorts(6);
  started = await startLocalProfile({
    home: home.path,
    port,
    playground: { origin, personId: 'mia' },
    overrides: { log: silentLogger },
  });
});
afterAll(async () => {
  await started?.stop();
  await stopServer(playground);
  home.remove();
});
beforeEach(() => {
  received = [];
});

function world(): LocalProfile {
  if (started === undefined) throw new Error('the profile did not start');
  return started;
}

const file = () =>
  jsonOr(parse(readFileSync(join(home.path, '.m365agentsplayground.yml'), 'utf8')));

/** The activities of the Playground 0.2.28, as recorded. */
function activity(more: Json): Json {
  const { id, name, aadObjectId } = jsonOr(file()['currentUser']);
  const now = new Date().toISOString();
  return {
    type: 'message',
    id: `657f9e9c-a045-45fe-84bc-${Math.random().toString(16).slice(2, 14).padEnd(12, '0')}`,
    from: { id, name, aadObjectId },
    timestamp: now,
    localTimestamp: now.replace('Z', '+00:00'),
    localTimezone: 'UTC',
    serviceUrl: `${origin}/_connector`,
    conversation: {
      conversationType: 'personal',
      tenantId: file()['tenantId'],
      id: jsonOr(file()['personalChat'])['id'],
    },
    recipient: file()['bot'],
    locale: 'en-US',
    entities: [{ type: 'clientInfo', locale: 'en-US', country: 'US', platform: 'Web' }],
    channelData: { tenant: { id: file()['tenantId'] } },
    channelId: 'msteams',
    ...more,
  };
}

async function send(body: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`http://127.0.0.1:${port + 5}/api/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : jsonOr(JSON.parse(text)) };
}

test('a request and a decision of another person are played through, and the card is updated', async () => {
  const command = 'request deploy-production service=search version=4.2.0';
  expect((await send(activity({ text: command, textFormat: 'plain' }))).status).toBe(200);
  const form = await eventually('the form', () =>
    received.find(({ body }) => actionOf(body['attachments'], 'submit')),
  );
  expect(form.path).toMatch(/^\/_connector\/v3\/conversations\/a:1playground/);
  const { type, verb, data } = jsonOr(actionOf(form.body['attachments'], 'submit'));
  const inputs = { service: 'search', version: '4.2.0', window: '1h', reason: 'New index' };
  const click = activity({
    type: 'invoke',
    name: 'adaptiveCard/action',
    replyToId: '1796141656001',
    value: { action: { type, verb, data: { ...jsonOr(data), ...inputs } }, trigger: 'manual' },
  });
  const answer = await send(click);
  expect(answer).toMatchObject({
    status: 200,
    body: { statusCode: 200, type: 'application/vnd.microsoft.card.adaptive' },
  });
  const posted = await eventually('the card in the channel', () =>
    received.find(({ body }) => actionOf(jsonOr(body['activity'])['attachments'], 'approve')),
  );
  expect(jsonOr(jsonOr(posted.body['channelData'])['channel'])['id']).toBe(
    jsonOr((jsonOr(file()['team'])['channels'] as unknown[])[0])['id'],
  );
  const token = await world().provider.personToken({ personId: 'amara', audience: 'api' });
  const call = async (path: string, init: RequestInit = {}) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const response = await fetch(`${world().url}/v1/requests${path}`, { ...init, headers });
    return jsonOr(await response.json());
  };
  const listed = await call('');
  const [request] = listed['requests'] as Json[];
  const { id, digest, version, stages } = request ?? {};
  const body = {
    word: 'approve',
    stage: jsonOr((stages as unknown[])[0])['id'],
    after: null,
    revision: version,
    digest,
  };
  await call(`/${String(id)}/decisions`, { method: 'POST', body: JSON.stringify(body) });
  await eventually('the applied card', () =>
    received.find(
      ({ method, body: sent }) => method === 'PUT' && /Applied/.test(JSON.stringify(sent)),
    ),
  );
});

test('the file has the form that the Playground checks: six people, one channel', () => {
  const { users, team, version } = file();
  expect([version, (users as unknown[]).length]).toEqual(['0.1.1', 5]);
  expect((jsonOr(team)['channels'] as unknown[]).length).toBe(1);
  expect(Object.keys(jsonOr(file()['currentUser'])).sort()).toEqual([
    ...['aadObjectId', 'email', 'givenName', 'id', 'name', 'surname', 'userPrincipleName'],
  ]);
});

test('answers the HEAD by which the Playground asks whether the bot runs', async () => {
  const response = await fetch(`http://127.0.0.1:${port + 5}/api/messages`, { method: 'HEAD' });
  expect(response.status).toBe(200);
});

test.each<[string, number, RegExp, Json, Record<string, string>]>([
  ['a page of another origin', 403, /Only pages of/, {}, { origin: 'https://evil.example' }],
  ['a form', 415, /JSON/, {}, { 'content-type': 'text/plain' }],
  ['a compressed body', 415, /JSON/, {}, { 'content-encoding': 'gzip' }],
  ['another service URL', 403, /serviceUrl/, { serviceUrl: 'http://localhost:1/_connector' }, {}],
  ['a remote service URL', 403, /serviceUrl/, { serviceUrl: 'https://smba.example/' }, {}],
  ['another channel', 403, /msteams/, { channelId: 'emulator' }, {}],
  ['an unknown sender', 403, /nobody/, { from: { id: '29:x', aadObjectId: 'x' } }, {}],
])('refuses %s, and the bot gets nothing', async (_name, status, message, more, headers) => {
  const before = world().connector.calls().length;
  const answer = await send(activity({ text: 'help', ...more }), headers);
  expect(answer).toEqual({ status, body: { error: expect.stringMatching(message) } });
  expect([received.length, world().connector.calls().length]).toEqual([0, before]);
});

test('refuses another Host, as DNS rebinding sends it', async () => {
  const { request } = await import('node:http');
  const status = await new Promise((resolve, reject) => {
    const call = request(
      { port: port + 5, host: '127.0.0.1', method: 'POST', path: '/api/messages' },
      (answer) => resolve(answer.resume().statusCode),
    );
    call.setHeader('host', `evil.example:${port + 5}`);
    call.on('error', reject);
    call.end('{}');
  });
  expect(status).toBe(421);
});

test.each([['not json'], ['[]'], ['{}']])('refuses the body %s', async (body) => {
  expect((await send(body)).status).toBeGreaterThanOrEqual(400);
});

test("the service's own gate stays: it refuses the same activity unsigned", async () => {
  const response = await fetch(`${world().url}/api/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(activity({ text: 'help' })),
  });
  expect(response.status).toBe(401);
});

test.each([
  ['127.0.0.1', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['192.0.2.7', false],
  ['::ffff:192.0.2.7', false],
  [undefined, false],
])('a caller at %s is taken: %s', (remoteAddress, taken) => {
  const request = {
    method: 'POST',
    url: '/api/messages',
    headers: { host: '127.0.0.1:3979', 'content-type': 'application/json' },
    socket: { remoteAddress },
  } as unknown as IncomingMessage;
  const check = () => checkCaller(request, { port: 3979, origin: 'http://localhost:56150' });
  if (taken) expect(check).not.toThrow();
  else expect(check).toThrow('Only this machine may send activities.');
});
