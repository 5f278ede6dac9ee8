import { refuse } from '../../../src/domain/refusal.ts';
import { readActivity } from '../../../src/teams/inbound/activity.ts';
import type { TeamsActivity } from '../../../src/teams/inbound/activity.ts';
import type { LocalConnector } from '../../../src/local/connector.ts';
import type { Json } from '../../../src/local/world.ts';
import { demoBotAppId, demoTenantId } from '../../../src/local/people.ts';
import { en } from '../../../src/text/en.ts';
import { pendingRequest, principal } from '../../support/builders.ts';
import { amara, amaraPrincipal, approvedRequest, CHANNEL, startBot, startWire } from './world.ts';

const pending = pendingRequest();
const shown = { r: pending.id, rev: 1, d: pending.digest, s: 'stage-1', a: null };
const LOGIN = 'application/vnd.microsoft.activity.loginRequest';
const CARD = 'application/vnd.microsoft.card.adaptive';
const MESSAGE = 'application/vnd.microsoft.activity.message';
const ERROR = 'application/vnd.microsoft.error';

let wire: LocalConnector;
beforeAll(async () => {
  wire = await startWire();
});
afterAll(() => wire.stop());

function activity(value: Json, more: Json = {}): TeamsActivity {
  const raw = wire.activity({
    personId: 'amara',
    chatId: CHANNEL,
    replyToId: 'card-1',
    with: { id: 'act-1', name: 'adaptiveCard/action', value, ...more },
  });
  const read = readActivity(raw);
  if (!read) throw new Error('the activity has no shape');
  return read;
}

function press(verb: string, data: Json = shown, more: Json = {}): TeamsActivity {
  return activity({
    action: { type: 'Action.Execute', verb, data },
    trigger: 'manual',
    ...more,
  });
}

const withToken = (token: string) => ({
  authentication: { id: 'exchange-7', connectionName: 'countersign', token },
});

describe('who clicks', () => {
  test('answers a click without a token with a login request for both ways', async () => {
    const { teams, calls } = startBot(wire, { signIn: {} });
    const answer = await teams.handle(press('approve'));
    expect(answer).toEqual({
      status: 200,
      body: {
        statusCode: 401,
        type: LOGIN,
        value: {
          text: 'Sign in to show that it is you.',
          connectionName: 'countersign',
          tokenExchangeResource: { id: expect.any(String), uri: `api://botid-${demoBotAppId}` },
          buttons: [
            {
              type: 'signin',
              title: 'Sign in',
              text: 'Sign in',
              value: 'https://countersign.example/auth/req_1/1',
            },
          ],
        },
      },
    });
    expect(calls).toEqual([]);
  });

  test.each(['approve', 'deny', 'withdraw', 'cancel', 'review'])(
    'answers %s without a token with a login request',
    async (verb) => {
      const { teams, calls } = startBot(wire);
      expect(await teams.handle(press(verb))).toMatchObject({
        status: 200,
        body: { statusCode: 401, type: LOGIN },
      });
      expect(calls).toEqual([]);
    },
  );

  test('answers an expired token with the sign-in button alone', async () => {
    const { teams, calls } = startBot(wire, { signIn: {} });
    const answer = await teams.handle(press('approve', shown, withToken('token_expired')));
    expect(answer.body).toMatchObject({ statusCode: 401, type: LOGIN });
    expect(answer.body).not.toHaveProperty('value.tokenExchangeResource');
    expect(answer.body).toHaveProperty('value.buttons.0.type', 'signin');
    expect(calls).toEqual([]);
  });

  test('answers an expired token with a failed precondition where there is no button', async () => {
    const { teams } = startBot(wire);
    const answer = await teams.handle(press('approve', shown, withToken('token_expired')));
    expect(answer).toEqual({
      status: 200,
      body: {
        statusCode: 412,
        type: 'application/vnd.microsoft.error.preconditionFailed',
        value: { code: '412', message: en.identityProblems.token_expired },
      },
    });
  });

  test("records another person's token and answers with a sentence", async () => {
    const { teams, calls } = startBot(wire, { signIn: {} });
    const answer = await teams.handle(press('approve', shown, withToken('sso_wrong_person')));
    expect(answer.body).toEqual({
      statusCode: 200,
      type: MESSAGE,
      value: en.identityProblems.sso_wrong_person,
    });
    expect(calls).toEqual([
      {
        name: 'recordMismatch',
        input: {
          sender: {
            tenantId: demoTenantId,
            objectId: amara?.oid,
            userId: amara?.mri,
            name: amara?.name,
          },
          requestId: 'req_1',
          code: 'sso_wrong_person',
        },
      },
    ]);
  });

  test.each([['token_keys_unavailable'], ['groups_unavailable'], ['groups_not_listed']])(
    'answers %s with a sentence, because another sign-in would not help',
    async (code) => {
      const { teams } = startBot(wire, { signIn: {} });
      const answer = await teams.handle(press('deny', shown, withToken(code)));
      expect(answer.body).toMatchObject({ statusCode: 200, type: MESSAGE });
    },
  );

  test('ignores a token where single sign-on is off', async () => {
    const { teams, calls } = startBot(wire, {
      signIn: {},
      config: {
        singleSignOn: {
          enabled: false,
          issuer: 'local',
          connectionName: 'countersign',
          resource: 'api://x',
          audiences: [],
          clients: [],
          scope: 'access_as_user',
        },
      },
    });
    const answer = await teams.handle(press('approve', shown, withToken('good')));
    expect(answer.body).toMatchObject({ statusCode: 401, type: LOGIN });
    expect(answer.body).not.toHaveProperty('value.tokenExchangeResource');
    expect(calls).toEqual([]);
  });

  test('rejects an activity without a directory object', async () => {
    const { teams, calls } = startBot(wire);
    const anonymous = activity(
      { action: { verb: 'approve', data: shown }, ...withToken('good') },
      { from: { id: '29:somebody' } },
    );
    expect((await teams.handle(anonymous)).body).toEqual({
      statusCode: 400,
      type: ERROR,
      value: { code: 'sender_unknown', message: 'Teams did not say who you are.' },
    });
    expect(calls).toEqual([]);
  });
});

describe('approve and deny', () => {
  test.each([
    [{ 'reason:stage-1': ' Not tonight ', 'reason:security': 'Other' }, 'Not tonight'],
    [{ 'reason:security': 'Other' }, null],
    // A review has one input for all its buttons.
    [{ reason: 'Read to the end' }, 'Read to the end'],
  ])('read the reason of their own stage: %j', async (inputs, reason) => {
    const { teams, calls } = startBot(wire, {
      handlers: {
        decideRequest: () =>
          Promise.resolve({ kind: 'decided', request: approvedRequest(), decision: null }),
      },
    });
    await teams.handle(press('deny', { ...shown, ...inputs }, withToken('good')));
    expect(calls[0]).toMatchObject({ name: 'decideRequest', input: { stage: 'stage-1', reason } });
  });

  test('pass the verified person, what was shown and the origin to the use case', async () => {
    const done = approvedRequest();
    const { teams, calls } = startBot(wire, {
      handlers: {
        decideRequest: () => Promise.resolve({ kind: 'decided', request: done, decision: null }),
      },
    });
    const answer = await teams.handle(
      press('approve', { ...shown, reason: '  looks fine ' }, withToken('good')),
    );
    expect(answer).toEqual({
      status: 200,
      body: {
        statusCode: 200,
        type: CARD,
        value: {
          type: 'AdaptiveCard',
          of: 'req_1',
          state: 'approved',
          version: 2,
          refreshFor: [],
          viewer: expect.objectContaining({ key: `local|${amara?.oid}`, roles: ['approver'] }),
        },
      },
    });
    const conversationId = `${CHANNEL};messageid=card-1`;
    expect(calls[0]).toEqual({
      name: 'decideRequest',
      input: {
        id: 'req_1',
        by: expect.objectContaining({ key: `local|${amara?.oid}` }),
        word: 'approve',
        stage: 'stage-1',
        after: null,
        reason: 'looks fine',
        digest: pending.digest,
        revision: 1,
        origin: {
          via: 'teams',
          tenant: demoTenantId,
          objectId: amara?.oid,
          activityId: 'act-1',
          conversationId,
          exchangeId: 'exchange-7',
        },
        teams: {
          sender: expect.objectContaining({ objectId: amara?.oid, tenantId: demoTenantId }),
          card: {
            conversationId,
            serviceUrl: wire.serviceUrl,
            activityId: 'card-1',
            channels: ['approvals'],
          },
        },
      },
    });
  });

  test('pass the stage and the replaced word of a withdrawal', async () => {
    const { teams, calls } = startBot(wire, {
      handlers: {
        decideRequest: () => Promise.resolve({ kind: 'decided', request: pending, decision: null }),
      },
    });
    const data = { ...shown, a: 'dec_1' };
    const answer = await teams.handle(press('withdraw', data, withToken('good')));
    expect(answer.body).toMatchObject({ type: CARD, value: { of: 'req_1', state: 'pending' } });
    expect(calls[0]).toMatchObject({
      name: 'decideRequest',
      input: { word: 'withdraw', stage: 'stage-1', after: 'dec_1' },
    });
  });

  test('answer a word that changes nothing with the personal view', async () => {
    const { teams } = startBot(wire, {
      handlers: {
        decideRequest: () =>
          Promise.resolve({ kind: 'uncounted', request: pending, decision: null }),
      },
    });
    const answer = await teams.handle(press('approve', shown, withToken('good')));
    expect(answer.body).toMatchObject({
      statusCode: 200,
      type: CARD,
      value: { of: 'req_1', state: 'pending', viewer: { key: `local|${amara?.oid}` } },
    });
  });

  test('answer a refusal with a sentence, and keep the card', async () => {
    const { teams } = startBot(wire, {
      handlers: {
        decideRequest: () =>
          Promise.resolve({
            kind: 'refused',
            request: pending,
            ...refuse('role_missing', { stage: 'Security', roles: ['lead'], held: [] }),
          }),
      },
    });
    const answer = await teams.handle(press('deny', shown, withToken('good')));
    expect(answer.body).toEqual({
      statusCode: 200,
      type: MESSAGE,
      value: '"Security" is decided by the role lead; your token carries no role.',
    });
  });

  test('replace a card that is out of date', async () => {
    const { teams } = startBot(wire, {
      handlers: {
        decideRequest: () =>
          Promise.resolve({
            kind: 'refused',
            request: { ...pending, state: 'denied', version: 4 },
            ...refuse('request_closed', { number: 17, state: 'denied' }),
          }),
      },
    });
    const answer = await teams.handle(press('approve', shown, withToken('good')));
    expect(answer.body).toMatchObject({
      statusCode: 200,
      type: CARD,
      value: { of: 'req_1', state: 'denied' },
    });
  });

  test('answer a request that the person may not see as if it did not exist', async () => {
    const { teams } = startBot(wire, {
      handlers: {
        decideRequest: () =>
          Promise.resolve({
            kind: 'refused',
            request: undefined,
            ...refuse('request_not_found'),
          }),
      },
    });
    const answer = await teams.handle(press('approve', shown, withToken('good')));
    expect(answer.body).toEqual({
      statusCode: 200,
      type: MESSAGE,
      value: expect.stringMatching(/^There is no such request/),
    });
  });

  test('accept a code of the sign-in page as proof', async () => {
    const sender = { tenantId: demoTenantId, objectId: amara?.oid ?? '', userId: '', name: 'A' };
    const { teams, calls } = startBot(wire, {
      signIn: { redeem: () => amaraPrincipal(sender) },
      handlers: {
        decideRequest: () =>
          Promise.resolve({
            kind: 'decided',
            request: approvedRequest(),
            decision: null,
          }),
      },
    });
    const answer = await teams.handle(press('approve', shown, { state: '123456' }));
    expect(answer.body).toMatchObject({ statusCode: 200, type: CARD });
    expect(calls[0]).toMatchObject({
      name: 'decideRequest',
      input: {
        origin: { exchangeId: null },
      },
    });
  });

  test('answer a repeated invoke with its result after its code was used', async () => {
    const decided = approvedRequest();
    const decision = {
      approver: { key: 'local|amara' },
      stage: 'stage-1',
      evidence: { activityId: 'act-1', objectId: amara?.oid, tenant: demoTenantId },
    };
    const { teams, calls } = startBot(wire, {
      signIn: {},
      handlers: {
        loadForCard: () => Promise.resolve({ ...decided, decisions: [decision as never] }),
      },
    });
    const answer = await teams.handle(press('approve', shown, { state: '123456' }));
    expect(answer.body).toMatchObject({
      statusCode: 200,
      type: CARD,
      value: { state: 'approved' },
    });
    expect(calls.map(({ name }) => name)).toEqual(['loadForCard', 'refreshFor']);
  });

  test.each<[string, Json]>([
    ['no data', {}],
    ['a revision as text', { ...shown, rev: '1' }],
    ['a revision of 0', { ...shown, rev: 0 }],
    ['an id that is an object', { ...shown, r: { $ne: '' } }],
    ['an id of 100 characters', { ...shown, r: 'x'.repeat(100) }],
    ['no digest', { ...shown, d: undefined }],
    ['no stage', { ...shown, s: undefined }],
    ['a stage by its position', { ...shown, s: 0 }],
    ['a stage of 65 characters', { ...shown, s: 'x'.repeat(65) }],
    ['a last word that is a number', { ...shown, a: 1 }],
    ['a last word of 65 characters', { ...shown, a: 'x'.repeat(65) }],
  ])('reject %s without calling a use case', async (_name, data) => {
    const { teams, calls } = startBot(wire);
    expect((await teams.handle(press('approve', data, withToken('good')))).body).toMatchObject({
      statusCode: 400,
      type: ERROR,
      value: { code: 'card_data_invalid' },
    });
    expect(calls).toEqual([]);
  });

  test('reject an unknown verb', async () => {
    const { teams } = startBot(wire);
    expect((await teams.handle(press('approveAll', shown, withToken('good')))).body).toMatchObject({
      statusCode: 400,
      type: ERROR,
      value: { code: 'verb_unknown' },
    });
  });

  test('answer a fault with an error that reveals nothing', async () => {
    const { teams } = startBot(wire, {
      handlers: {
        decideRequest: () => Promise.reject(new Error('password=hunter2')),
      },
    });
    const answer = await teams.handle(press('approve', shown, withToken('good')));
    expect(answer).toEqual({
      status: 200,
      body: {
        statusCode: 500,
        type: ERROR,
        value: { code: 'internal_error', message: 'Something went wrong here. Please try again.' },
      },
    });
  });
});

describe('refresh, review, cancel', () => {
  const viewer = principal({ key: 'local|amara', roles: ['approver'] });

  test('a refresh shows the last known view and never asks for a login', async () => {
    const { teams, calls } = startBot(wire, {
      handlers: {
        loadForCard: () => Promise.resolve(pending),
        viewerOf: () => Promise.resolve(viewer),
        refreshFor: () => Promise.resolve(['29:1amara']),
      },
    });
    const answer = await teams.handle(press('refresh', shown));
    expect(answer.body).toMatchObject({
      statusCode: 200,
      type: CARD,
      value: {
        of: 'req_1',
        viewer,
        refreshFor: ['29:1amara'],
      },
    });
    expect(calls.map(({ name }) => name)).toEqual(['loadForCard', 'viewerOf', 'refreshFor']);
  });

  test("a refresh without the card's digest is rejected", async () => {
    const { teams } = startBot(wire, {
      handlers: {
        loadForCard: () => Promise.resolve(pending),
      },
    });
    const answer = await teams.handle(press('refresh', { ...shown, d: 'guess' }));
    expect(answer.body).toMatchObject({ statusCode: 400, value: { code: 'request_not_found' } });
  });

  test('review asks the use case whether this person may read', async () => {
    const { teams } = startBot(wire, {
      handlers: {
        readRequest: () => Promise.resolve(pending),
      },
    });
    const answer = await teams.handle(press('review', shown, withToken('good')));
    expect(answer.body).toMatchObject({
      statusCode: 200,
      type: CARD,
      value: {
        review: 'req_1',
        viewer: { key: `local|${amara?.oid}`, roles: ['approver'] },
      },
    });
  });

  test('a request that may not be read does not exist, by card and by number', async () => {
    const { teams } = startBot(wire, {
      handlers: {
        readRequest: () => Promise.resolve(undefined),
        readRequestByNumber: () => Promise.resolve(undefined),
      },
    });
    const byCard = await teams.handle(press('review', shown, withToken('good')));
    const byNumber = await teams.handle(press('review', { n: 17 }, withToken('good')));
    expect(byCard.body).toMatchObject({ statusCode: 200, type: MESSAGE });
    expect(byNumber).toEqual(byCard);
  });

  test('cancel calls its use case', async () => {
    const { teams, calls } = startBot(wire, {
      handlers: {
        cancelRequest: () =>
          Promise.resolve({
            kind: 'decided',
            request: { ...pending, state: 'cancelled' },
            decision: null,
          }),
      },
    });
    const answer = await teams.handle(press('cancel', shown, withToken('good')));
    expect(answer.body).toMatchObject({ type: CARD, value: { state: 'cancelled' } });
    expect(calls[0]).toMatchObject({ name: 'cancelRequest', input: { id: 'req_1' } });
  });
});

test('answers unknown invokes with an empty success', async () => {
  const { teams } = startBot(wire);
  for (const name of ['signin/verifyState', 'signin/tokenExchange', 'config/fetch']) {
    expect(await teams.handle(activity({}, { name }))).toEqual({ status: 200 });
  }
});
