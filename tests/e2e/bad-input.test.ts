import { gzipSync } from 'node:zlib';
import { eventually } from '../../src/local/find.ts';
import type { Json } from '../../src/local/world.ts';
import { startWorld } from '../support/local-world.ts';
import type { LocalWorld } from '../support/local-world.ts';
import {
  api,
  askByPipeline,
  DEPLOYMENT,
  personToken,
  placeInChannel,
  pressActivity,
  readRequest,
} from '../support/people-at-work.ts';
import type { Place } from '../support/people-at-work.ts';

let world: LocalWorld;
let asked: { id: string; number: number };
let place: Place;

beforeAll(async () => {
  world = await startWorld();
  asked = await askByPipeline(world);
  place = await placeInChannel(world, asked.number);
  await world.connector.say('mia', place.chatId, 'help');
  await delivered();
});
afterAll(async () => {
  await world?.stop();
});

/** Waits until every card's activity id is stored: the post reaches the channel a moment earlier. */
async function delivered(): Promise<void> {
  const unposted = 'SELECT count(*) AS n FROM cards WHERE activity_id IS NULL';
  await eventually('every copy is stored', async () => {
    const [row] = await world.database.rows(unposted);
    return Number(row?.['n']) === 0;
  });
}

/** Tables that background work changes in the meantime. */
const ONGOING = /^(jobs|changes|leases|audit_(pending|leaves|checkpoints|frontier))$/;

/** Row counts of all other tables. */
async function stored(): Promise<Record<string, number>> {
  const tables = (await world.database.tables()).filter((name) => !ONGOING.test(name));
  const counted = tables.map((name) => `SELECT '${name}' AS name, count(*) AS n FROM ${name}`);
  const rows = await world.database.rows(counted.join(' UNION ALL '));
  return Object.fromEntries(rows.map(({ name, n }) => [String(name), Number(n)]));
}

/** Sends a body with valid tokens to both endpoints that read JSON; returns statuses and codes. */
async function send(
  body: string | Uint8Array,
  headers: Record<string, string> = {},
): Promise<[number, unknown][]> {
  const tokens = {
    '/api/messages': await world.connector.channelToken(),
    '/v1/requests': await personToken(world, 'mia'),
  };
  return Promise.all(
    Object.entries(tokens).map(async ([path, token]) => {
      const response = await fetch(world.url + path, {
        method: 'POST',
        body: body as string,
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          ...headers,
        },
      });
      const { code } = (await response.json()) as Json;
      return [response.status, code] as [number, unknown];
    }),
  );
}

const good = () =>
  JSON.stringify(
    world.connector.activity({
      personId: 'mia',
      chatId: place.chatId,
      with: { type: 'message', text: 'help' },
    }),
  );

const bodies: [string, () => string | Uint8Array, Record<string, string>, number, string][] = [
  ['truncated JSON', () => good().slice(0, -1), {}, 400, 'json_invalid'],
  ['an empty body', () => '', {}, 400, 'json_invalid'],
  [
    'bytes that are not UTF-8',
    () => Buffer.from('{"type":"\xff"}', 'latin1'),
    {},
    400,
    'body_not_utf8',
  ],
  [
    'a duplicate key',
    () => good().replace('{', '{"type":"message",'),
    {},
    400,
    'json_duplicate_key',
  ],
  ['the key __proto__', () => good().replace('{', '{"__proto__":{},'), {}, 400, 'json_invalid'],
  [
    'deep nesting',
    () => good().replace('{', `{"x":${'['.repeat(40)}${']'.repeat(40)},`),
    {},
    400,
    'json_too_deep',
  ],
  ['a large body', () => JSON.stringify({ text: 'x'.repeat(300_000) }), {}, 413, 'body_too_large'],
  [
    'a compressed body',
    () => gzipSync(good()),
    { 'content-encoding': 'gzip' },
    415,
    'content_encoding_refused',
  ],
  [
    'a form',
    () => 'type=message',
    { 'content-type': 'application/x-www-form-urlencoded' },
    415,
    'media_type_refused',
  ],
];

test.each(bodies)(
  'rejects %s with a code, stores nothing, and stays healthy',
  async (_name, body, headers, status, code) => {
    const before = await stored();
    expect(await send(body(), headers)).toEqual([
      [status, code],
      [status, code],
    ]);
    expect(await stored()).toEqual(before);
    expect((await fetch(`${world.url}/healthz`)).status).toBe(200);
  },
);

test.each<[string, unknown]>([
  ['a text', 'x'],
  ['a list', []],
  ['null', null],
  ['an object of another form', { a: 1 }],
])('rejects %s in place of an activity (401) or a request (422)', async (_name, value) => {
  const before = await stored();
  expect(await send(JSON.stringify(value))).toEqual([
    [401, 'activity_refused'],
    [422, 'body_invalid'],
  ]);
  expect(await stored()).toEqual(before);
});

test('answers 401 to a click without a channel token or with a forged one, and stores nothing', async () => {
  const before = await stored();
  const activity = pressActivity(world, 'amara', { place, verb: 'approve' });
  const token = await world.connector.channelToken();
  for (const authorization of [undefined, 'Bearer x.y.z', `Bearer ${token.slice(0, -6)}AAAAAA`]) {
    const response = await fetch(`${world.url}/api/messages`, {
      method: 'POST',
      body: JSON.stringify(activity),
      headers: {
        'content-type': 'application/json',
        ...(authorization ? { authorization } : {}),
      },
    });
    // One answer for every reason; the metrics alone tell the reason.
    expect([response.status, await response.json()]).toEqual([
      401,
      {
        type: 'urn:countersign:problem:activity_refused',
        title: 'The activity is refused',
        status: 401,
        detail: expect.any(String),
        code: 'activity_refused',
      },
    ]);
  }
  expect(await stored()).toEqual(before);
  const metrics = await (await fetch(`${world.url}/metrics`)).text();
  for (const code of ['channel_token_missing', 'token_signature_invalid']) {
    expect(metrics).toContain(`countersign_http_problems_total{code="${code}"}`);
  }
});

test('answers 4xx, not 500, to text without a canonical form under a used idempotency key', async () => {
  const key = { 'idempotency-key': 'once' };
  expect(
    (await api(world, '/v1/requests', { as: 'mia', body: DEPLOYMENT, headers: key })).status,
  ).toBe(201);
  for (const change of [
    { fields: { ...DEPLOYMENT.fields, service: '\ud800' } },
    { reason: '\udfff' },
  ]) {
    const { status, body } = await api(world, '/v1/requests', {
      as: 'mia',
      body: { ...DEPLOYMENT, ...change },
      headers: key,
    });
    expect([status, body['code']]).toEqual([422, expect.stringMatching(/^(field|reason)_/)]);
  }
});

test('answers card data of an unknown form with an error, and stores nothing', async () => {
  await delivered();
  const before = await stored();
  const shown = { r: asked.id, rev: 1, d: 'x', s: 'stage-1', a: null };
  for (const data of [
    undefined,
    null,
    [],
    'x',
    7,
    {},
    { ...shown, r: 7 },
    { ...shown, rev: '1' },
    { ...shown, rev: -1 },
    { ...shown, rev: 1e308 },
    { ...shown, d: ['x'] },
    { ...shown, r: 'x'.repeat(10_000) },
    { n: -1 },
    { n: 1.5 },
    { workflow: {} },
  ]) {
    for (const verb of ['approve', 'withdraw', 'refresh', 'review', 'submit', 'nobody', '', null]) {
      const { status, body } = await world.connector.post(
        world.connector.activity({
          personId: 'amara',
          chatId: place.chatId,
          replyToId: place.messageId,
          with: { type: 'invoke', name: 'adaptiveCard/action', value: { action: { verb, data } } },
        }),
      );
      expect([status, (body as Json)['statusCode']]).toEqual([200, 400]);
    }
  }
  for (const data of [
    { ...shown, s: undefined },
    { ...shown, s: 0 },
    { ...shown, s: ['stage-1'] },
    { ...shown, s: 'x'.repeat(10_000) },
    { ...shown, a: 1 },
    { ...shown, a: {} },
    { ...shown, a: 'x'.repeat(10_000) },
  ]) {
    for (const verb of ['approve', 'deny', 'withdraw']) {
      const { status, body } = await world.connector.post(
        world.connector.activity({
          personId: 'amara',
          chatId: place.chatId,
          replyToId: place.messageId,
          with: { type: 'invoke', name: 'adaptiveCard/action', value: { action: { verb, data } } },
        }),
      );
      expect([status, (body as Json)['statusCode']]).toEqual([200, 400]);
    }
  }
  expect(await stored()).toEqual(before);
  expect(await readRequest(world, asked.id)).toMatchObject({ state: 'pending', version: 1 });
});

test('none of these tests logs an error', () => {
  expect(world.logged.filter(({ level }) => level === 'error')).toEqual([]);
});
