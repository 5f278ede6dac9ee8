import { meetsStepUp } from '../../../src/domain/request/step-up.ts';
import type { Principal } from '../../../src/domain/people/principal.ts';
import { identityError } from '../../../src/identity/codes.ts';
import { readActivity } from '../../../src/teams/inbound/activity.ts';
import type { LocalConnector } from '../../../src/local/connector.ts';
import type { Json } from '../../../src/local/world.ts';
import { en } from '../../../src/text/en.ts';
import type { DecideInput, DecideResult } from '../../../src/usecases/ports/app.ts';
import type { RenewClaims } from '../../../src/usecases/ports/renew-claims.ts';
import type { Sessions } from '../../../src/usecases/ports/sessions.ts';
import { NOW, pendingRequest, principal, stage, workflow } from '../../support/builders.ts';
import { amara, amaraPrincipal, approvedRequest, CHANNEL, startBot, startWire } from './world.ts';

const LOGIN = 'application/vnd.microsoft.activity.loginRequest';
const CARD = 'application/vnd.microsoft.card.adaptive';
const MESSAGE = 'application/vnd.microsoft.activity.message';
const STRICT = workflow({
  stages: [stage({ stepUp: { acr: ['c1'], amr: null, maxAgeMs: null } })],
});
const request = pendingRequest({ workflow: STRICT });

let wire: LocalConnector;
beforeAll(async () => {
  wire = await startWire();
});
afterAll(() => wire.stop());

function press(value: Json = {}) {
  const data = { r: request.id, rev: 1, d: request.digest, s: 'stage-1', a: null };
  const read = readActivity(
    wire.activity({
      personId: 'amara',
      chatId: CHANNEL,
      replyToId: 'card-1',
      with: {
        id: 'act-1',
        name: 'adaptiveCard/action',
        value: {
          action: { type: 'Action.Execute', verb: 'approve', data },
          trigger: 'manual',
          ...value,
        },
      },
    }),
  );
  if (!read) throw new Error('the activity has no shape');
  return read;
}

const SSO = { authentication: { id: 'exchange-7', connectionName: 'countersign', token: 'good' } };

/** Amara, proven in some way, under some context. */
function by(way: NonNullable<Principal['proof']>['way'], acr: string | null = 'c1'): Principal {
  const sender = { tenantId: '', objectId: amara?.oid ?? '', userId: '', name: 'Amara' };
  const { token } = principal();
  return {
    ...amaraPrincipal(sender),
    token: { ...token, acr },
    proof: { way, verifiedAt: NOW, sessionId: way === 'session' ? 'ses_1' : null },
  };
}

/** The rule on step-up as the domain has it. */
const decideRequest = (input: DecideInput): Promise<DecideResult> => {
  const demand = request.plan.stages[0]?.stepUp;
  const ruled = demand ? meetsStepUp(demand, input.by.token, NOW) : { ok: true as const };
  return Promise.resolve(
    ruled.ok
      ? { kind: 'decided', request: approvedRequest(request), decision: null }
      : { kind: 'refused', request, refusal: ruled.refusal },
  );
};

function bot(
  sessions: Partial<Sessions>,
  redeem: () => Principal = () => by('sign-in'),
  renewClaims: RenewClaims = () => Promise.resolve(undefined),
) {
  const asked: ({ renew?: boolean } | undefined)[] = [];
  const { current = () => Promise.resolve(undefined), ...rest } = sessions;
  const made = startBot(wire, {
    signIn: { redeem },
    workflows: [STRICT],
    renewClaims,
    handlers: { decideRequest, loadForCard: () => Promise.resolve(request) },
    sessions: {
      areFresh: () => true,
      signOut: () => Promise.resolve(false),
      ...rest,
      current(sender, options) {
        asked.push(options);
        return current(sender, options);
      },
    },
  });
  const decided = () =>
    made.calls
      .filter(({ name }) => name === 'decideRequest')
      .map(({ input }) => (input as DecideInput).by.proof?.way);
  return { ...made, asked, decided };
}

const body = async ({ teams }: ReturnType<typeof bot>, value?: Json) =>
  (await teams.handle(press(value))).body as Json;

test('decides with a live session, without a sign-in', async () => {
  const it = bot({ current: () => Promise.resolve(by('session')) });
  expect(await body(it)).toMatchObject({ statusCode: 200, type: CARD });
  expect(it.decided()).toEqual(['session']);
});

test("names the stage's demand in the link of the login request without a session", async () => {
  const it = bot({});
  expect(await body(it)).toMatchObject({
    statusCode: 401,
    type: LOGIN,
    value: {
      buttons: [
        {
          value: 'https://countersign.example/auth/req_1/1?acr=c1',
        },
      ],
    },
  });
  expect(it.decided()).toEqual([]);
});

test('answers with a sentence, not a login request, while the provider is down', async () => {
  const it = bot({
    current: () => Promise.reject(identityError('session_refresh_unavailable')),
  });
  const value = en.identityProblems.session_refresh_unavailable;
  expect(await body(it)).toEqual({ statusCode: 200, type: MESSAGE, value });
});

describe('a single sign-on token whose claims are too old', () => {
  const areFresh = () => false;

  test('is replaced by the session', async () => {
    const it = bot({ areFresh, current: () => Promise.resolve(by('refresh')) });
    expect(await body(it, SSO)).toMatchObject({ type: CARD });
    expect(it.decided()).toEqual(['refresh']);
  });

  test("is replaced by the directory's current roles without a session", async () => {
    const asked: string[] = [];
    const it = bot({ areFresh }, undefined, async ({ objectId }) => {
      asked.push(objectId ?? '');
      return by('look-up');
    });
    expect(await body(it, SSO)).toMatchObject({ type: CARD });
    expect([it.decided(), asked]).toEqual([['look-up'], [amara?.oid]]);
  });

  test('is not looked up if its claims are fresh', async () => {
    const it = bot({}, undefined, () => Promise.reject(new Error('asked')));
    await body(it, SSO);
    expect(it.decided()).toEqual([undefined]);
  });

  test('leads to the sign-in button without session and directory', async () => {
    const answer = await body(bot({ areFresh }), SSO);
    expect(answer).toMatchObject({ statusCode: 401, type: LOGIN });
    expect(answer).not.toHaveProperty('value.tokenExchangeResource');
  });

  test('leads to a sentence if the code is too old as well', async () => {
    const it = bot({ areFresh });
    expect(await body(it, { state: '12345678' })).toMatchObject({
      statusCode: 200,
      type: MESSAGE,
      value: expect.stringMatching(/too long ago/),
    });
    expect(it.decided()).toEqual([]);
  });
});

describe('a stage that demands a step-up', () => {
  test('refreshes a session once, and decides if that is enough', async () => {
    const it = bot({
      current: (_sender, options) =>
        Promise.resolve(options?.renew ? by('refresh', 'c1') : by('session', 'pwd')),
    });
    expect(await body(it)).toMatchObject({ type: CARD });
    expect(it.asked).toEqual([undefined, { renew: true }]);
    expect(it.decided()).toEqual(['session', 'refresh']);
  });

  test.each([
    ['a refresh that does not do', () => by('session', 'pwd'), {}],
    ['claims that were refreshed just now', () => by('refresh', 'pwd'), {}],
  ])('%s: answers with a link that names the demand', async (_name, proven, value) => {
    const it = bot({ current: () => Promise.resolve(proven()) });
    const answer = await body(it, value);
    expect(answer).toMatchObject({ statusCode: 401, type: LOGIN });
    expect(JSON.stringify(answer)).toContain('?acr=c1');
    expect(answer).not.toHaveProperty('value.tokenExchangeResource');
    expect(it.decided()).toHaveLength(1);
  });

  test('answers single sign-on with the sign-in link', async () => {
    const it = bot({});
    expect(JSON.stringify(await body(it, SSO))).toContain('?acr=c1');
  });

  test('answers a sign-in that is still too weak with a sentence, never a loop', async () => {
    const it = bot({}, () => by('sign-in', 'pwd'));
    expect(await body(it, { state: '12345678' })).toMatchObject({
      statusCode: 200,
      type: MESSAGE,
      value: expect.stringMatching(/authentication context c1/),
    });
    expect(it.decided()).toEqual(['sign-in']);
    expect(it.asked).toEqual([]);
  });
});

describe('sign out', () => {
  const say = async (text: string, given: Partial<Sessions> | null, chat?: string) => {
    const chatId = chat ?? wire.chats('amara').find(({ kind }) => kind === 'personal')?.id ?? '';
    const raw = wire.activity({
      personId: 'amara',
      chatId,
      with: { type: 'message', id: 'm-1', text },
    });
    const read = readActivity(raw);
    if (!read) throw new Error('the activity has no shape');
    const { teams } = given === null ? startBot(wire) : bot(given);
    const before = wire.calls().length;
    await teams.handle(read);
    return String((wire.calls()[before]?.body as Json)['text']);
  };

  test("ends the sender's session", async () => {
    const ended: string[] = [];
    const signOut: Sessions['signOut'] = ({ objectId }) => {
      ended.push(objectId);
      return Promise.resolve(true);
    };
    expect(await say('Sign Out', { signOut })).toMatch(/^You are signed out/);
    expect(await say('/signout', { signOut })).toMatch(/^You are signed out/);
    expect(ended).toEqual([amara?.oid, amara?.oid]);
    expect(await say('sign out', {})).toMatch(/not signed in/);
  });

  test('is refused in a channel, and where sessions are off', async () => {
    const signOut = () => Promise.reject(new Error('not expected'));
    expect(await say('sign out', { signOut }, CHANNEL)).toMatch(/our own chat/);
    expect(await say('sign out', null)).toMatch(/nothing to sign out of/);
    expect(await say('sign here', { signOut })).toMatch(/^I know/);
  });
});
