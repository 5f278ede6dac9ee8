import { createRemoteJWKSet, generateKeyPair, jwtVerify } from 'jose';
import { demoBotAppId, demoTenantId } from '../../../src/local/people.ts';
import type { Json, WorldEvent } from '../../../src/local/world.ts';
import {
  askLogin,
  cardMessage,
  channelId,
  person,
  startFixture,
  type Fixture,
} from './connector-fixture.ts';

let fixture: Fixture;
beforeEach(async () => {
  fixture = await startFixture();
});
afterEach(() => fixture.stop());

const channelPath = `conversations/${encodeURIComponent(channelId)}`;
const personal = (fx: Fixture, id: string) =>
  fx.connector.chats(id).find(({ kind }) => kind === 'personal')?.id ?? '';
const errorOf = (body: Json) => (body.error as Json).code;

describe('login', () => {
  test("issues a token to the bot's client alone", async () => {
    const { connector } = fixture;
    expect(await askLogin(connector, {})).toMatchObject({
      status: 200,
      body: { token_type: 'Bearer', expires_in: 3_599 },
    });
    expect((await askLogin(connector, { client_secret: 'guess' })).body.error).toBe(
      'invalid_client',
    );
    expect((await askLogin(connector, { client_id: 'another' })).body.error).toBe(
      'unauthorized_client',
    );
    expect((await askLogin(connector, { scope: 'api://else/.default' })).body.error).toBe(
      'invalid_scope',
    );
    expect((await askLogin(connector, { grant_type: 'password' })).status).toBe(400);
  });

  test('requires a valid token of the bot for every call', async () => {
    const { call, connector, clock } = fixture;
    const send = async (authorization: string) =>
      (await call('POST', `${channelPath}/activities`, cardMessage(), { authorization })).status;
    expect(await send('')).toBe(401);
    expect(await send('Bearer nonsense')).toBe(401);
    expect(await send(`Bearer ${await connector.botToken({ appid: 'another' })}`)).toBe(401);
    expect(await send(`Bearer ${await connector.botToken({ aud: 'https://else' })}`)).toBe(401);
    expect(await send(`Bearer ${await connector.channelToken()}`)).toBe(401);
    const token = await connector.botToken();
    expect(await send(`Bearer ${token}`)).toBe(201);
    clock.nowMs += 3_600_000;
    expect(await send(`Bearer ${token}`)).toBe(401);
  });
});

describe('channel tokens', () => {
  const keysOf = async ({ connector }: Fixture) => {
    const metadata = (await (await fetch(connector.metadataUrl)).json()) as Json;
    expect(metadata).toMatchObject({
      issuer: connector.issuer,
      id_token_signing_alg_values_supported: ['RS256'],
    });
    return createRemoteJWKSet(new URL(String(metadata.jwks_uri)));
  };

  test('verify with the published, endorsed key', async () => {
    const { connector, clock } = fixture;
    const keys = await keysOf(fixture);
    const { payload, protectedHeader } = await jwtVerify(await connector.channelToken(), keys, {
      issuer: connector.issuer,
      audience: demoBotAppId,
      algorithms: ['RS256'],
      currentDate: new Date(clock.nowMs),
      requiredClaims: ['exp', 'nbf', 'serviceurl'],
    });
    expect(payload.serviceurl).toBe(connector.serviceUrl);
    expect(connector.serviceUrl).toMatch(/\/$/);
    const published = keys.jwks()?.keys ?? [];
    expect(published.find(({ kid }) => kid === protectedHeader.kid)).toMatchObject({
      endorsements: expect.arrayContaining(['msteams']),
    });
    const other = await connector.channelToken({ key: 'unendorsed' });
    const { protectedHeader: header } = await jwtVerify(other, keys, {
      currentDate: new Date(clock.nowMs),
    });
    expect(published.find(({ kid }) => kid === header.kid)).toMatchObject({
      endorsements: ['webchat'],
    });
  });

  test('can be issued invalid, and their keys rotate', async () => {
    const { connector, clock } = fixture;
    const keys = await keysOf(fixture);
    const currentDate = new Date(clock.nowMs);
    const expired = await connector.channelToken({ claims: { exp: 1, nbf: undefined } });
    await expect(jwtVerify(expired, keys, { currentDate })).rejects.toMatchObject({
      code: 'ERR_JWT_EXPIRED',
    });
    const { privateKey } = await generateKeyPair('RS256');
    const foreign = await connector.channelToken({ key: privateKey });
    await expect(jwtVerify(foreign, keys, { currentDate })).rejects.toMatchObject({
      code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
    });
    const before = await connector.channelToken();
    await connector.rotateKeys();
    await expect(jwtVerify(before, await keysOf(fixture), { currentDate })).rejects.toMatchObject({
      code: 'ERR_JWKS_NO_MATCHING_KEY',
    });
  });
});

describe('conversations', () => {
  test('creates a personal chat for a Teams id or an object id', async () => {
    const { call } = fixture;
    const make = (id: string, channelData: Json = { tenant: { id: demoTenantId } }) =>
      call('POST', 'conversations', { isGroup: false, members: [{ id }], channelData });
    const first = await make(person('mia').mri);
    expect(first).toMatchObject({ status: 201, body: { id: personal(fixture, 'mia') } });
    expect((await make(person('mia').oid)).body).toEqual(first.body);
    expect((await make('29:nobody')).status).toBe(400);
    expect((await make(person('mia').mri, {})).status).toBe(400);
    expect((await make(person('mia').mri, { tenant: { id: 'another' } })).status).toBe(403);
  });

  test('starts a channel thread with its first activity', async () => {
    const { call, connector } = fixture;
    const { status, body } = await call('POST', 'conversations', {
      isGroup: true,
      channelData: { channel: { id: channelId } },
      activity: cardMessage(),
    });
    expect(status).toBe(201);
    expect(body.id).toBe(`${channelId};messageid=${String(body.activityId)}`);
    const path = `conversations/${encodeURIComponent(String(body.id))}/activities`;
    const answer = await call('POST', path, { type: 'message', text: 'in the thread' });
    expect(connector.messages('olu', channelId)).toMatchObject([
      { id: body.activityId, from: { bot: true } },
      { id: answer.body.id, text: 'in the thread', threadId: body.activityId },
    ]);
    expect(
      (await call('POST', 'conversations', { channelData: { channel: { id: channelId } } })).status,
    ).toBe(400);
  });

  test('rejects a proactive post without the app', async () => {
    const { call, connector, bot } = fixture;
    await connector.uninstall('olu');
    expect(bot.heard.map(({ activity }) => [activity.type, activity.action])).toEqual([
      ['installationUpdate', 'remove'],
    ]);
    const made = await call('POST', 'conversations', {
      members: [{ id: person('olu').mri }],
      tenantId: demoTenantId,
    });
    expect([made.status, errorOf(made.body)]).toEqual([403, 'BotNotInConversationRoster']);
    const path = `conversations/${encodeURIComponent(personal(fixture, 'olu'))}/activities`;
    expect((await call('POST', path, cardMessage())).status).toBe(403);
    const gone = await call('POST', 'conversations/19:gone/activities', cardMessage());
    expect([gone.status, errorOf(gone.body)]).toEqual([404, 'ConversationNotFound']);
  });
});

describe('activities', () => {
  test('send, reply, update and delete reach everybody in the chat live', async () => {
    const { call, connector } = fixture;
    const events: WorldEvent[] = [];
    const stop = connector.listen('amara', (event) => events.push(event));
    const {
      body: { id },
    } = await call('POST', `${channelPath}/activities`, cardMessage());
    await call('POST', `${channelPath}/activities/${String(id)}`, { type: 'message', text: 're' });
    const edited = { ...cardMessage({ body: [{ type: 'TextBlock', text: 'done' }] }), id };
    expect(await call('PUT', `${channelPath}/activities/${String(id)}`, edited)).toMatchObject({
      status: 200,
      body: { id },
    });
    expect(connector.messages('mia', channelId)[0]).toMatchObject({
      id,
      edited: true,
      attachments: [{ content: { body: [{ text: 'done' }] } }],
    });
    expect((await call('DELETE', `${channelPath}/activities/${String(id)}`)).status).toBe(200);
    stop();
    await call('POST', `${channelPath}/activities`, cardMessage());
    expect(events.map(({ type, message }) => [type, message.threadId ?? message.id])).toEqual([
      ['message', id],
      ['message', id],
      ['update', id],
      ['delete', id],
    ]);
    expect((await call('PUT', `${channelPath}/activities/1`, edited)).status).toBe(404);
  });

  test("reject changes of a person's message by the bot", async () => {
    const { call, connector } = fixture;
    await connector.say('mia', channelId, 'hello');
    const [message] = connector.messages('mia', channelId);
    const path = `${channelPath}/activities/${String(message?.id)}`;
    expect((await call('PUT', path, cardMessage())).status).toBe(403);
    expect((await call('DELETE', path)).status).toBe(403);
  });

  test('reject activities that are too large or no messages', async () => {
    const { call } = fixture;
    const post = async (body: unknown) =>
      (await call('POST', `${channelPath}/activities`, body)).status;
    const text = (size: number) => cardMessage({ body: [{ text: 'x'.repeat(size) }] });
    expect(await post(text(25 * 1_024))).toBe(201);
    expect(await post(text(28 * 1_024))).toBe(413);
    expect(await post(text(300 * 1_024))).toBe(413);
    expect(await post({ type: 'message' })).toBe(400);
    expect(await post({ type: 'event', text: 'x' })).toBe(400);
    expect(await post(cardMessage({ type: 'Card' }))).toBe(400);
    expect(await post({ type: 'typing' })).toBe(202);
  });

  test('return members as a list, one by one and in pages', async () => {
    const { call } = fixture;
    const olu = person('olu');
    const all = await call('GET', `${channelPath}/members`);
    expect(all.body).toHaveLength(7);
    expect(await call('GET', `${channelPath}/pagedmembers?pageSize=200`)).toMatchObject({
      status: 200,
      body: { members: all.body },
    });
    for (const id of [olu.mri, olu.oid]) {
      expect(await call('GET', `${channelPath}/members/${id}`)).toMatchObject({
        status: 200,
        body: { id: olu.mri, aadObjectId: olu.oid, tenantId: demoTenantId },
      });
    }
    expect(
      (await call('GET', 'conversations/19%3Aother%40thread.tacv2/members')).body,
    ).toMatchObject([{ id: person('mia').mri }]);
    expect((await call('GET', `${channelPath}/members/29:nobody`)).status).toBe(404);
  });
});

describe('limits', () => {
  const send = async () => {
    const { status, retryAfter } = await fixture.call('POST', `${channelPath}/activities`, {
      type: 'message',
      text: 'x',
    });
    return status === 429 ? `wait ${retryAfter}` : status;
  };
  const burst = async (count: number) => {
    const answers = [];
    for (let sent = 0; sent < count; sent += 1) answers.push(await send());
    return answers;
  };

  test('are 7 in 1 s, 8 in 2 s and 60 in 30 s for a thread', async () => {
    expect(await burst(8)).toEqual([...Array(7).fill(201), 'wait 1']);
    fixture.clock.nowMs += 1_000;
    expect(await burst(2)).toEqual([201, 'wait 1']);
    fixture.clock.nowMs += 1_000;
    let sent = 8;
    for (let rounds = 0; sent < 60 && rounds < 10; rounds += 1) {
      const now = Math.min(7, 60 - sent);
      expect(await burst(now)).toEqual(Array(now).fill(201));
      sent += now;
      fixture.clock.nowMs += 2_000;
    }
    expect(await send()).toBe('wait 12');
    fixture.clock.nowMs += 12_000;
    expect(await send()).toBe(201);
  });

  test('are shared by the threads of a channel, not by other chats', async () => {
    const { call } = fixture;
    const { body } = await call('POST', `${channelPath}/activities`, cardMessage());
    await burst(6);
    const thread = encodeURIComponent(`${channelId};messageid=${String(body.id)}`);
    expect((await call('POST', `conversations/${thread}/activities`, cardMessage())).status).toBe(
      429,
    );
    const chat = encodeURIComponent(personal(fixture, 'mia'));
    expect((await call('POST', `conversations/${chat}/activities`, cardMessage())).status).toBe(
      201,
    );
  });

  test('apply to new conversations for each person and channel', async () => {
    const make = async (id: string) =>
      (
        await fixture.call('POST', 'conversations', {
          members: [{ id: person(id).mri }],
          tenantId: demoTenantId,
        })
      ).status;
    const answers = [];
    for (let made = 0; made < 8; made += 1) answers.push(await make('mia'));
    expect(answers).toEqual([...Array(7).fill(201), 429]);
    expect(await make('olu')).toBe(201);
  });

  test('are 50 in 1 s for app and tenant', async () => {
    const paths = ['mia', 'tomasz', 'amara', 'kenji', 'ingrid', 'olu', 'rafael']
      .map((id) => `conversations/${encodeURIComponent(personal(fixture, id))}`)
      .concat(channelPath);
    const answers = [];
    for (const path of paths) {
      for (let sent = 0; sent < 7; sent += 1) {
        answers.push((await fixture.call('POST', `${path}/activities`, cardMessage())).status);
      }
    }
    expect(answers.filter((status) => status === 201)).toHaveLength(50);
    expect(answers.slice(50)).toEqual(Array(6).fill(429));
  });

  test('can be switched off', async () => {
    await fixture.stop();
    fixture = await startFixture({ limits: 'off' });
    expect(await burst(20)).toEqual(Array(20).fill(201));
  });
});

describe('faults and the call log', () => {
  test('applies planned faults to the named calls, then ends them', async () => {
    const { call, connector } = fixture;
    connector.fail({ status: 503, retryAfterSeconds: 2, times: 2, method: 'POST' });
    const post = () => call('POST', `${channelPath}/activities`, cardMessage());
    expect((await call('GET', `${channelPath}/members`)).status).toBe(200);
    expect(await post()).toMatchObject({ status: 503, retryAfter: '2' });
    expect((await post()).status).toBe(503);
    expect((await post()).status).toBe(201);
    expect(connector.calls().map(({ method, status }) => [method, status])).toEqual([
      ['GET', 200],
      ['POST', 503],
      ['POST', 503],
      ['POST', 201],
    ]);
  });

  test('can lose an answer before or after the effect', async () => {
    const { call, connector } = fixture;
    const post = () => call('POST', `${channelPath}/activities`, cardMessage());
    connector.fail({ drop: 'before' });
    await expect(post()).rejects.toThrow('fetch failed');
    expect(connector.messages('mia', channelId)).toHaveLength(0);
    connector.fail({ drop: 'after' });
    await expect(post()).rejects.toThrow('fetch failed');
    expect(connector.messages('mia', channelId)).toHaveLength(1);
  });
});
