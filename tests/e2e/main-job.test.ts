import { actionOf, cardOf, eventually, textOfCard } from '../../src/local/find.ts';
import { APPROVALS } from '../../src/local/profile.ts';
import type { Json } from '../../src/local/world.ts';
import { auditRowsOf } from '../support/world-database.ts';
import { startWorld } from '../support/local-world.ts';
import type { LocalWorld } from '../support/local-world.ts';
import {
  api,
  askByPipeline,
  askInChat,
  cardAt,
  channelMessage,
  DEPLOYMENT,
  eventuallyIn,
  inputsOf,
  openForm,
  personalChat,
  placeInChannel,
  press,
  pressActivity,
  readContent,
  readRequest,
  signedOn,
  textAt,
} from '../support/people-at-work.ts';
import type { Place } from '../support/people-at-work.ts';

// One scenario in the order that a user meets it: each test continues the one before.
let world: LocalWorld;
let pipelines: { id: string; number: number; waitToken: string; place: Place };
let mias: { id: string; number: number; place: Place; own: Place };
let waiting: Promise<Json>;
let approveCard: Json;

beforeAll(async () => {
  world = await startWorld();
});
afterAll(async () => {
  await world?.stop();
});

const rowsOf = (id: string) => auditRowsOf(world, id);
const oidOf = (personId: string) => world.people.find(({ id }) => id === personId)?.oid;
const appliedFor = (id: string) =>
  world.target.deliveries.filter(({ webhookId }) => webhookId.includes(id));

test('a pipeline requests with its own token, and a card is posted to the channel', async () => {
  const asked = await askByPipeline(world, { key: 'build-1042' });
  expect(asked.body).toMatchObject({
    number: 1,
    state: 'pending',
    workflow: 'deploy-production',
    reason: DEPLOYMENT.reason,
    fields: { service: 'checkout', version: '4.2.0', window: 'PT1H' },
    requester: { kind: 'workload' },
    stages: [
      {
        id: 'stage-1',
        name: 'Service owner',
        after: [],
        state: 'open',
        seats: { filled: 0, of: 1 },
        decisions: [],
      },
    ],
    digest: expect.stringMatching(/^[\w-]{43}$/),
  });
  const place = await placeInChannel(world, asked.number);
  pipelines = { ...asked, place };
  approveCard = cardAt(world, 'kenji', place);
  const text = textAt(world, 'kenji', place);
  for (const shown of ['Deploy to production', 'checkout', '4.2.0', DEPLOYMENT.reason]) {
    expect(text).toContain(shown);
  }
  expect(actionOf(approveCard, 'approve')?.['data']).toEqual({
    r: asked.id,
    rev: 1,
    d: asked.body['digest'],
    s: 'stage-1',
    a: null,
  });
  expect((await rowsOf(asked.id)).map(({ type }) => type)).toContain('request.submitted');
});

test('the wait token holds the pipeline until the request ends', async () => {
  const path = `/v1/requests/${pipelines.id}/wait`;
  const now = await api(world, `${path}?timeoutSeconds=0`, { token: pipelines.waitToken });
  expect(now.body).toMatchObject({ state: 'pending', outcome: null });
  waiting = api(world, `${path}?timeoutSeconds=60`, { token: pipelines.waitToken }).then(
    ({ body }) => body,
  );
});

test.each([
  ['olu', 'the onlooker'],
  ['rafael', 'the former approver'],
])('refuses the click of %s, %s, with a reason, and changes nothing', async (personId) => {
  const before = await readContent(world, pipelines.id);
  const result = await press(world, personId, { place: pipelines.place, verb: 'approve' });
  expect(result).toEqual({
    kind: 'message',
    text: expect.stringMatching(/role approver; your token carries no role/),
  });
  expect(await readContent(world, pipelines.id)).toEqual(before);
  expect(world.target.deliveries).toEqual([]);
  const refused = (await rowsOf(pipelines.id)).filter(({ type }) => type === 'decision.refused');
  expect(refused.at(-1)).toMatchObject({
    actor: expect.stringContaining(oidOf(personId) ?? 'nobody'),
    data: {
      code: 'role_missing',
      word: 'approve',
      stage: 'stage-1',
      token: { tokenId: expect.any(String) },
    },
  });
});

test('the form in the chat asks Mia for a login, then accepts her token', async () => {
  const form = await openForm(
    world,
    'mia',
    'request deploy-production service=search version=2.0.1',
  );
  const own = { chatId: form.chatId, messageId: form.id };
  const inputs = inputsOf(cardOf(form));
  expect(inputs).toMatchObject({ service: 'search', version: '2.0.1' });
  const sent = { place: own, verb: 'submit', inputs: { ...inputs, reason: 'Faster search' } };
  const bare = await world.connector.post(pressActivity(world, 'mia', sent));
  expect(bare.body).toMatchObject({
    statusCode: 401,
    type: 'application/vnd.microsoft.activity.loginRequest',
  });
  expect((await api(world, '/v1/requests?requester=me', { as: 'mia' })).body['requests']).toEqual(
    [],
  );
  const result = await press(world, 'mia', sent);
  expect(result).toMatchObject({ kind: 'card' });
  const { body } = await api(world, '/v1/requests?requester=me', { as: 'mia' });
  const [request] = body['requests'] as Json[];
  expect(request).toMatchObject({
    number: 2,
    state: 'pending',
    reason: 'Faster search',
    requester: { name: 'Mia Lindqvist' },
    fields: { service: 'search', version: '2.0.1' },
  });
  const place = await placeInChannel(world, 2);
  mias = { id: String(request?.['id']), number: 2, place, own };
  const [submitted] = await rowsOf(mias.id);
  expect(submitted).toMatchObject({
    type: 'request.submitted',
    actor: expect.stringContaining(oidOf('mia') ?? 'nobody'),
    data: { roles: ['developer'], token: { tokenId: expect.any(String) } },
  });
});

test('the same form sent again creates no second request', async () => {
  const sent = {
    place: mias.own,
    verb: 'submit',
    inputs: { service: 'search', version: '2.0.1', window: '1h', reason: 'Faster search' },
    card: {
      body: [
        { type: 'Action.Execute', verb: 'submit', data: { workflow: 'deploy-production', v: 1 } },
      ],
    },
  };
  const answer = await world.connector.post(
    pressActivity(world, 'mia', {
      ...sent,
      value: await signedOn(world, 'mia', 'another-exchange'),
    }),
  );
  expect(answer.body).toMatchObject({ statusCode: 200 });
  const { body } = await api(world, '/v1/requests?requester=me', { as: 'mia' });
  expect(body['requests']).toHaveLength(1);
});

test('refuses the approval of the requester', async () => {
  world.provider.setRoles('mia', ['developer', 'approver']);
  const before = await readContent(world, mias.id);
  const result = await press(world, 'mia', { place: mias.place, verb: 'approve' });
  expect(result).toEqual({
    kind: 'message',
    text: 'You asked for this, so somebody else must decide it.',
  });
  expect(await readContent(world, mias.id)).toEqual(before);
  expect((await rowsOf(mias.id)).at(-1)).toMatchObject({
    type: 'decision.refused',
    data: { code: 'own_request' },
  });
  world.provider.setRoles('mia', ['developer']);
});

test('answers a click without a token with a login request that offers both ways', async () => {
  const { place } = pipelines;
  const activity = pressActivity(world, 'amara', { place, verb: 'approve' });
  const { status, body } = await world.connector.post(activity);
  expect(status).toBe(200);
  expect(body).toEqual({
    statusCode: 401,
    type: 'application/vnd.microsoft.activity.loginRequest',
    value: {
      text: expect.any(String),
      connectionName: world.config.teams.singleSignOn.connectionName,
      tokenExchangeResource: {
        id: expect.stringMatching(/^sso_[0-9a-z]{26}$/),
        uri: world.config.teams.singleSignOn.resource,
      },
      buttons: [
        {
          type: 'signin',
          title: 'Sign in',
          text: 'Sign in',
          value: expect.stringMatching(new RegExp(`^${world.url}/auth/start\\?link=[\\w-]{43}$`)),
        },
      ],
    },
  });
  expect(await readRequest(world, pipelines.id)).toMatchObject({ state: 'pending', version: 1 });
});

test('decides by a click with a token, and answers with the new card', async () => {
  const { place, id } = pipelines;
  const activity = pressActivity(world, 'amara', {
    place,
    verb: 'approve',
    value: await signedOn(world, 'amara', 'exchange-1'),
  });
  const { body } = await world.connector.post(activity);
  expect(body).toMatchObject({ statusCode: 200, type: 'application/vnd.microsoft.card.adaptive' });
  const { value: card } = body as { value: Json };
  expect(textOfCard(card)).toMatch(/Amara Okafor/);
  expect(actionOf(card, 'approve')).toBeUndefined();
  const request = await readRequest(world, id);
  expect(request).toMatchObject({
    stages: [
      {
        state: 'approved',
        decisions: [
          {
            word: 'approve',
            nth: 1,
            via: 'teams',
            role: 'approver',
            approver: { kind: 'person', name: 'Amara Okafor' },
          },
        ],
      },
    ],
  });
  const decided = (await rowsOf(id)).find(({ type }) => type === 'request.decided');
  const { conversation } = activity as { conversation: { id: string } };
  expect(decided).toMatchObject({
    actor: expect.stringContaining(oidOf('amara') ?? 'nobody'),
    data: {
      word: 'approve',
      stage: 'stage-1',
      nth: 1,
      stageName: 'Service owner',
      evidence: {
        token: {
          issuer: world.provider.issuer,
          subject: expect.any(String),
          audience: expect.any(String),
          tokenId: expect.any(String),
          clientId: expect.any(String),
          issuedAt: expect.any(Number),
          expiresAt: expect.any(Number),
          digest: expect.stringMatching(/^[\w-]{43}$/),
        },
        roles: ['approver'],
        role: 'approver',
        via: 'teams',
        tenant: world.config.teams.tenantId,
        objectId: oidOf('amara'),
        activityId: activity['id'],
        conversationId: conversation.id,
        exchangeId: 'exchange-1',
        digest: request['digest'],
        revision: 1,
      },
    },
  });
});

test('stores no token in any table', async () => {
  const token = await world.provider.singleSignOnToken('amara');
  const [header = ''] = token.split('.');
  const tables = await world.database.tables();
  expect(tables.length).toBeGreaterThan(10);
  for (const name of tables) {
    const rows = JSON.stringify(await world.database.rows(`SELECT * FROM ${name}`));
    expect(rows.includes(header)).toBe(false);
    expect(rows.includes('Bearer ')).toBe(false);
  }
});

test('calls the webhook target once, with an idempotency key and a valid signature', async () => {
  await eventuallyIn(world, pipelines.id, 'applied');
  // The target accepts valid Standard Webhooks signatures alone.
  expect(appliedFor(pipelines.id)).toEqual([
    {
      webhookId: `msg_${pipelines.id}`,
      idempotencyKey: `msg_${pipelines.id}`,
      repeat: false,
      body: expect.objectContaining({
        type: 'countersign.request.approved',
        data: expect.objectContaining({
          request: pipelines.id,
          fields: expect.objectContaining({ service: 'checkout', version: '4.2.0' }),
          decisions: [expect.objectContaining({ decision: 'approve', role: 'approver' })],
        }),
      }),
    },
  ]);
  const unsigned = await fetch(world.target.url, {
    method: 'POST',
    body: '{}',
    headers: {
      'webhook-id': 'msg_x',
      'webhook-timestamp': String(Math.floor(Date.now() / 1_000)),
      'webhook-signature': 'v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=',
    },
  });
  expect(unsigned.status).toBe(401);
});

test("the card in the channel shows applied and the target's reference, without buttons", async () => {
  const text = await eventually('applied on the card', () => {
    const shown = textAt(world, 'rafael', pipelines.place);
    return /Rolled out/.test(shown) && shown;
  });
  expect(text).toMatch(/Rolled out/);
  expect(text).toMatch(/deploy-1042/);
  const card = cardAt(world, 'rafael', pipelines.place);
  for (const verb of ['approve', 'deny', 'cancel']) expect(actionOf(card, verb)).toBeUndefined();
});

test('the waiting pipeline receives the outcome', async () => {
  expect(await waiting).toMatchObject({
    id: pipelines.id,
    state: 'applied',
    outcome: { code: 'applied', message: 'Rolled out.', reference: 'deploy-1042' },
  });
});

test('the same click sent five more times changes nothing', async () => {
  const before = await readContent(world, pipelines.id);
  const rows = (await rowsOf(pipelines.id)).length;
  for (const round of [1, 2, 3, 4, 5]) {
    const activity = pressActivity(world, 'amara', {
      place: pipelines.place,
      verb: 'approve',
      card: approveCard,
      value: await signedOn(world, 'amara', `exchange-again-${round}`),
    });
    const { body } = await world.connector.post(activity);
    expect(body).toMatchObject({ statusCode: 200 });
    expect(textOfCard((body as { value: Json }).value)).toMatch(/applied/i);
  }
  expect(await readContent(world, pipelines.id)).toEqual(before);
  expect(await rowsOf(pipelines.id)).toHaveLength(rows);
  expect(appliedFor(pipelines.id)).toHaveLength(1);
});

test('a denial updates every copy of the card and notifies Mia in her chat', async () => {
  const result = await press(world, 'kenji', {
    place: mias.place,
    verb: 'deny',
    inputs: { 'reason:stage-1': 'Not on a Friday' },
  });
  expect(result).toMatchObject({ kind: 'card' });
  for (const [personId, place] of [
    ['rafael', mias.place],
    ['mia', mias.own],
  ] as const) {
    const text = await eventually('denied on the card', () => {
      const shown = textAt(world, personId, place);
      return /denied/i.test(shown) && shown;
    });
    expect(text).toContain('Not on a Friday');
    expect(actionOf(cardAt(world, personId, place), 'approve')).toBeUndefined();
    expect(actionOf(cardAt(world, personId, place), 'cancel')).toBeUndefined();
  }
  const notice = await eventually('the notice to Mia', () =>
    world.connector
      .messages('mia', personalChat(world, 'mia'))
      .find(({ text }) => /Request 2 .*denied/.test(text ?? '')),
  );
  expect(notice.text).toContain('Kenji Watanabe denied it');
  expect(appliedFor(mias.id)).toEqual([]);
});

test("an approval updates the requester's own copy as well, until applied", async () => {
  const asked = await askInChat(world, 'tomasz', {
    command: 'request deploy-production service=billing version=3.1.4 window=2h',
  });
  const place = await placeInChannel(world, asked.number);
  await press(world, 'kenji', { place, verb: 'approve' });
  await eventually('applied on his own copy', () =>
    /applied/i.test(textAt(world, 'tomasz', asked.place)),
  );
  await eventually('the notice to Tomasz', () =>
    world.connector
      .messages('tomasz', personalChat(world, 'tomasz'))
      .some(({ text }) => /Request 3 .*applied/.test(text ?? '')),
  );
  expect(appliedFor(asked.id)).toHaveLength(1);
  expect(
    world.connector
      .messages('kenji', APPROVALS)
      .filter((message) => /#3\b/.test(textOfCard(cardOf(message)))),
  ).toHaveLength(1);
});

test('the audit log verifies with the published keys', async () => {
  const { exit, report } = await eventually('all events sealed', async () => {
    const verified = await world.database.verify(world.url);
    const [row] = await world.database.rows('SELECT count(*) AS n FROM audit_events');
    return verified.report.size === Number(row?.['n']) && verified;
  });
  expect(report).toMatchObject({ ok: true, problems: [], unsealed: 0 });
  expect(exit).toBe(0);
  expect(report.size).toBeGreaterThan(12);
});

test('verification names a row that was changed with full database rights', async () => {
  const [row] = await world.database.rows(`
    SELECT l.idx, e.id FROM audit_events e JOIN audit_leaves l ON l.event_id = e.id
    WHERE e.type = 'request.decided' ORDER BY l.idx`);
  const { exit, report } = await world.database.verifyForged(world.url, String(row?.['id']));
  expect(exit).toBe(1);
  expect(report.ok).toBe(false);
  expect(report.problems).toContainEqual(
    expect.objectContaining({
      code: 'leaf_mismatch',
      at: Number(row?.['idx']),
      message: expect.stringContaining(String(row?.['id'])),
    }),
  );
});

test('no error is logged, and no job is dead', async () => {
  expect(world.logged.filter(({ level }) => level === 'error')).toEqual([]);
  expect(await world.service.store.countJobs()).toMatchObject({ dead: 0 });
  expect(channelMessage(world, 1)?.edited).toBe(true);
});
