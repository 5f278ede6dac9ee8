/**
 * Agents never approve, at any way in. Sources: Microsoft identity platform, "Agent token claims"
 * (facets of subject and actor; agent users carry `idtyp=user`), "agentUser resource type" of
 * Microsoft Graph.
 */
import type { IssuerConfig } from '../../src/config/config.ts';
import type { Principal } from '../../src/domain/people/principal.ts';
import { createDirectory } from '../../src/directory/directory.ts';
import { heldBySession } from '../../src/identity/claims-refresher.ts';
import { createIdentity } from '../../src/identity/identity.ts';
import { createVerifier } from '../../src/identity/tokens/verify-token.ts';
import {
  AMARA,
  APP_ID,
  TENANT,
  codeOf,
  configOf,
  entraIssuer,
  log,
  newKey,
  personClaims,
  sign,
  startKeyServer,
  turnableClock,
  workloadClaims,
} from '../unit/identity/kit.ts';
import type { Claims, KeyServer, TestKey } from '../unit/identity/kit.ts';
import { GRAPH, LOGIN, startGraph } from '../unit/identity/fake-graph.ts';
import { LIMITS, MINUTE, startSessionWorld } from '../unit/identity/session-world.ts';
import type { SessionWorld } from '../unit/identity/session-world.ts';
import { approve, eventsOf, mia, openFixture } from '../unit/usecases/fixture.ts';
import type { Fixture } from '../unit/usecases/fixture.ts';
import { workflow } from '../support/builders.ts';

const clock = turnableClock();
let entra: KeyServer;
let key: TestKey;
let graph: Awaited<ReturnType<typeof startGraph>>;
let iss: string;
let fixture: Fixture;

beforeAll(async () => {
  key = await newKey('k1');
  entra = await startKeyServer({ issuerPath: '/{tenantid}/v2.0' });
  entra.state.keys = [key.publicJwk];
  graph = await startGraph();
  iss = `${entra.base}/${TENANT}/v2.0`;
});
afterAll(() => Promise.all([entra.stop(), graph.stop()]));
beforeEach(async () => {
  graph.reset();
  fixture = await openFixture();
});
afterEach(() => fixture.close());

const groupLookup: NonNullable<IssuerConfig['groupLookup']> = {
  graphUrl: GRAPH,
  loginUrl: LOGIN,
  clientId: APP_ID,
  as: 'application',
  credential: { kind: 'secret', secret: 'app-secret' },
};

function identityWith(over: Partial<IssuerConfig> = {}) {
  const config = configOf([
    entraIssuer(entra, { use: ['people', 'workloads'], groupLookup, ...over }),
  ]);
  const parts = { config, clock, log };
  const directory = createDirectory({ ...parts, fetch: graph.fetch });
  return createIdentity({ ...parts, verifier: createVerifier({ ...parts, directory }) });
}

let serial = 0;
const tokenOf = (over: Claims = {}) =>
  sign(key, personClaims(iss, clock.now(), { idtyp: 'user', uti: `a-${(serial += 1)}`, ...over }));
const kindOf = async (over: Claims, identity = identityWith()) =>
  (await identity.verifyBearer(await tokenOf(over))).kind;
const AMARA_IN_TEAMS = { tenantId: TENANT, objectId: AMARA, userId: '29:amara', name: 'Amara' };

async function ask(by: Principal = mia): Promise<string> {
  const result = await fixture.app.submitRequest({
    workflow: 'deploy-production',
    by,
    fields: { service: 'checkout' },
    reason: null,
    idempotencyKey: null,
    teams: null,
  });
  return result.kind === 'refused' ? result.refusal.code : result.request.id;
}

async function answerTo(by: Principal): Promise<string> {
  const result = await approve(fixture, await ask(), by);
  return result.kind === 'refused' ? result.refusal.code : result.kind;
}

const AGENTS: [string, Claims][] = [
  ['an agent user', { xms_sub_fct: '13' }],
  ['an agent user among other facets', { xms_sub_fct: '2 13 9', xms_act_fct: '9 11' }],
  ['an agent that acts for a person', { xms_act_fct: '3 9 11' }],
  ['a facet that is a number', { xms_sub_fct: 9 }],
  ['a facet that is a list', { xms_sub_fct: ['9'] }],
  ['a facet of null', { xms_act_fct: null }],
  ['a facet that is an object', { xms_act_fct: {} }],
  ['a facet that is empty', { xms_sub_fct: '' }],
  ['a facet that is no list of numbers', { xms_sub_fct: '9,13' }],
  ['a facet with a zero in front', { xms_sub_fct: '2 013' }],
  ['an idtyp that is a list', { idtyp: ['user'] }],
  ['an idtyp of null', { idtyp: null }],
  ['an idtyp that nobody knows', { idtyp: 'agent' }],
];

describe('a token that shows an agent', () => {
  test.each(AGENTS)('%s does not approve at the API, and the try is recorded', async (_n, over) => {
    const by = await identityWith().verifyBearer(await tokenOf(over));
    expect(await answerTo(by)).toBe('approver_is_agent');
    const [event] = await eventsOf(fixture, 'decision.refused');
    expect(event?.data).toMatchObject({ code: 'approver_is_agent' });
  });

  test.each(AGENTS)('%s does not approve by single sign-on', async (_n, over) => {
    const token = await tokenOf({ aud: APP_ID, ...over });
    const by = await identityWith().verifySingleSignOn(token, AMARA_IN_TEAMS);
    expect(await answerTo(by)).toBe('approver_is_agent');
  });

  test('an application does not approve', async () => {
    const token = await sign(
      key,
      workloadClaims(iss, clock.now(), {
        oid: TENANT,
        sub: TENANT,
        tid: TENANT,
        roles: ['approver'],
      }),
    );
    const by = await identityWith().verifyBearer(token);
    expect(await answerTo(by)).toBe('approver_not_person');
  });

  test.each([
    ['no facet', {}],
    ['no idtyp', { idtyp: undefined }],
    ['facets of other kinds', { xms_sub_fct: '1 113 131', xms_act_fct: '3 9 111' }],
  ])('a person with %s approves', async (_name, over: Claims) => {
    expect(await answerTo(await identityWith().verifyBearer(await tokenOf(over)))).toBe('decided');
  });

  test('an agent with an auditor role reads nothing of others', async () => {
    const by = await identityWith().verifyBearer(
      await tokenOf({ xms_sub_fct: '13', roles: ['approver', 'auditor'] }),
    );
    const id = await ask();
    expect(await fixture.app.readRequest({ id, by })).toBeUndefined();
    expect((await fixture.app.listRequests({ by, limit: 10 })).requests).toEqual([]);
  });

  test('an agent is in no list of approvers, although its token carries the role', async () => {
    const by = await identityWith().verifySingleSignOn(
      await tokenOf({ aud: APP_ID, xms_sub_fct: '13' }),
      AMARA_IN_TEAMS,
    );
    fixture.workflows = [
      workflow({ request: { roles: ['approver'], workloads: [], agents: true } }),
    ];
    const own = await fixture.app.submitRequest({
      workflow: 'deploy-production',
      by,
      fields: { service: 'checkout' },
      reason: null,
      idempotencyKey: null,
      teams: { sender: AMARA_IN_TEAMS, exchangeId: null, card: null },
    });
    expect(own.kind).toBe('submitted');
    fixture.workflows = [workflow()];
    const request = await fixture.store.loadRequest(await ask());
    if (request === undefined) throw new Error('the request is not there');
    expect(await fixture.app.refreshFor(request)).toEqual([]);
  });
});

describe('a session', () => {
  let world: SessionWorld;
  beforeAll(async () => {
    world = await startSessionWorld();
  });
  afterAll(() => world.stop());
  beforeEach(() => world.reset());

  test('of an agent that signed in does not approve', async () => {
    world.wire.twistFirst = (claims) => ({ ...claims, xms_sub_fct: '13' });
    expect(await answerTo(await world.one.signInAs('amara'))).toBe('approver_is_agent');
    const by = await world.one.click('amara');
    if (by === undefined) throw new Error('there is no session');
    expect([by.proof?.way, await answerTo(by)]).toEqual(['session', 'approver_is_agent']);
  });

  test('whose refreshed claims show an agent does not approve, and has no role at a recheck', async () => {
    await world.one.signInAs('amara');
    world.wire.twist = (claims) => ({ ...claims, xms_act_fct: '11' });
    world.clock.advance(LIMITS.maxClaimAgeMs + MINUTE);
    const by = await world.one.click('amara');
    if (by === undefined) throw new Error('there is no session');
    expect([by.proof?.way, await answerTo(by)]).toEqual(['refresh', 'approver_is_agent']);
    const held = await heldBySession(world.one.sessions).heldNow({
      person: by,
      teams: { tenantId: by.tenant ?? '', objectId: by.objectId ?? '' },
      claims: [],
    });
    expect(held?.roles).toEqual([]);
  });

  test('of an agent stays one whose refreshed claims show none', async () => {
    world.wire.twistFirst = (claims) => ({ ...claims, xms_sub_fct: '13' });
    await world.one.signInAs('amara');
    world.clock.advance(LIMITS.maxClaimAgeMs + MINUTE);
    const by = await world.one.click('amara');
    if (by === undefined) throw new Error('there is no session');
    expect([by.proof?.way, await answerTo(by)]).toEqual(['refresh', 'approver_is_agent']);
  });

  test('does not begin with the token of an application, and the try is recorded', async () => {
    world.wire.twistFirst = (claims) => ({ ...claims, idtyp: 'app' });
    const { finish } = await world.one.toCallback('amara');
    expect(await codeOf(finish())).toBe('token_kind_not_accepted');
    expect(world.one.mismatches.at(-1)).toMatchObject({
      requestId: 'req_1',
      code: 'token_kind_not_accepted',
    });
  });
});

describe('agents of an issuer', () => {
  const person = { '@odata.type': '#microsoft.graph.user' };
  const agentUser = { '@odata.type': '#microsoft.graph.agentUser', identityParentId: 'x' };

  test('claims: the directory is not asked', async () => {
    expect(await kindOf({}, identityWith({ agents: 'claims' }))).toBe('person');
    expect(graph.calls).toEqual([]);
  });

  test('ignore: facets are not read', async () => {
    const identity = identityWith({ agents: 'ignore' });
    expect(await kindOf({ xms_sub_fct: '13', xms_act_fct: '11' }, identity)).toBe('person');
  });

  test.each([
    ['an agent user', agentUser, 'agent'],
    ['a type that nobody knows', { '@odata.type': '#microsoft.graph.robot' }, 'agent'],
    ['a type of another shape', { '@odata.type': 7 }, 'agent'],
    ['a parent identity without a type', { identityParentId: 'x' }, 'agent'],
    ['a person', person, 'person'],
    ['a person without a type, as minimal metadata say it', {}, 'person'],
  ])('graph: %s in the directory', async (_name, user, kind) => {
    graph.state.user = { id: AMARA, ...user };
    expect(await kindOf({}, identityWith({ agents: 'graph' }))).toBe(kind);
    expect(graph.at('graph')).toMatchObject([
      { method: 'GET', path: expect.stringMatching(`^/v1.0/users/${AMARA}`) },
    ]);
  });

  test('graph: facets that show an agent need no look-up', async () => {
    expect(await kindOf({ xms_sub_fct: '13' }, identityWith({ agents: 'graph' }))).toBe('agent');
    expect(graph.calls).toEqual([]);
  });

  test('graph: an answer is kept for five minutes', async () => {
    graph.state.user = { id: AMARA, ...person };
    const identity = identityWith({ agents: 'graph' });
    await kindOf({}, identity);
    clock.advance(4 * MINUTE);
    await kindOf({}, identity);
    expect(graph.at('graph')).toHaveLength(1);
    clock.advance(2 * MINUTE);
    await kindOf({}, identity);
    expect(graph.at('graph')).toHaveLength(2);
  });

  test.each([
    [
      'an error',
      () => void (graph.state.onGraph = (_call, response) => void response.writeHead(500).end()),
    ],
    ['nobody of this id', () => void (graph.state.enabled = null)],
    ['somebody else', () => void (graph.state.user = { id: 'somebody-else' })],
    ['a failed login', () => void (graph.state.loginFails = true)],
  ])('graph: %s refuses the token until the directory answers', async (_name, fail) => {
    graph.state.user = { id: AMARA, ...person };
    const identity = identityWith({ agents: 'graph' });
    fail();
    expect(await codeOf(kindOf({}, identity))).toBe('agents_unavailable');
    graph.reset();
    graph.state.user = { id: AMARA, ...person };
    expect(await kindOf({}, identity)).toBe('person');
  });

  test('graph: without a look-up the token is refused', async () => {
    const identity = identityWith({ agents: 'graph', groupLookup: undefined });
    expect(await codeOf(kindOf({}, identity))).toBe('agents_unavailable');
  });
});

describe('a workflow that lets agents ask', () => {
  const open = { roles: ['approver'], workloads: [], agents: true } as const;
  const agent = (over: Claims = {}) =>
    tokenOf({ xms_sub_fct: '13', ...over }).then((token) => identityWith().verifyBearer(token));

  test('takes the request of an agent with the role, and names it as an agent', async () => {
    fixture.workflows = [workflow({ request: open })];
    const request = await fixture.store.loadRequest(await ask(await agent()));
    expect(request?.requester.kind).toBe('agent');
  });

  test('refuses an agent without the role', async () => {
    fixture.workflows = [workflow({ request: open })];
    expect(await ask(await agent({ roles: [] }))).toBe('requester_not_allowed');
  });

  test('left out: refuses an agent, and records it', async () => {
    fixture.workflows = [workflow({ request: { roles: ['approver'], workloads: [] } })];
    expect(await ask(await agent())).toBe('agent_not_allowed');
    const [event] = await eventsOf(fixture, 'submission.refused');
    expect(event?.data).toMatchObject({ code: 'agent_not_allowed' });
  });

  test('the person for whom an agent asked cannot approve it', async () => {
    fixture.workflows = [workflow({ request: open })];
    const id = await ask(await agent({ xms_sub_fct: undefined, xms_act_fct: '11' }));
    const result = await approve(fixture, id, await identityWith().verifyBearer(await tokenOf()));
    expect(result).toMatchObject({ kind: 'refused', refusal: { code: 'own_request' } });
  });

  test('takes an agent identity that a workload rule names', async () => {
    const claims = { appid: 'agent-1' };
    fixture.workflows = [
      workflow({ request: { ...open, workloads: [{ issuer: 'entra', claims }] } }),
    ];
    const by = await identityWith({ claims: ['appid'] }).verifyBearer(
      await sign(
        key,
        workloadClaims(iss, clock.now(), {
          azp: undefined,
          appid: 'agent-1',
          oid: TENANT,
          sub: TENANT,
          tid: TENANT,
          xms_act_fct: '3 9 11',
          xms_sub_fct: '9 3 11',
        }),
      ),
    );
    expect(by.kind).toBe('agent');
    expect(await ask(by)).toMatch(/^req_/);
    fixture.workflows = [
      workflow({ request: { roles: [], workloads: [{ issuer: 'entra', claims }] } }),
    ];
    expect(await ask({ ...by, token: { ...by.token, digest: 'other' } })).toBe('agent_not_allowed');
  });
});
