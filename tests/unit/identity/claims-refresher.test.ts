/** A person's current roles and claims at Microsoft Graph, without the person. */
import type { IssuerConfig } from '../../../src/config/config.ts';
import { evidenceAge } from '../../../src/domain/request/evidence.ts';
import type { PrincipalRef } from '../../../src/domain/people/principal.ts';
import { createClaimsRefresher } from '../../../src/identity/claims-refresher.ts';
import { createDirectory } from '../../../src/directory/directory.ts';
import { createProviders } from '../../../src/identity/providers.ts';
import { renewClaimsBy } from '../../../src/identity/renew-claims.ts';
import type { ClaimsRefresher } from '../../../src/usecases/ports/claims-refresher.ts';
import { principal } from '../../support/builders.ts';
import { amara as approver, decision as decisionOf } from '../cards/samples.ts';
import { GRAPH, LOGIN, startGraph } from './fake-graph.ts';
import {
  AMARA,
  APP_ID,
  OTHER_TENANT,
  TENANT,
  configOf,
  entraIssuer,
  log,
  oidcIssuer,
  startKeyServer,
  turnableClock,
} from './kit.ts';
import type { KeyServer } from './kit.ts';

const APPROVERS = '0a000000-0000-4000-8000-000000000001';
let server: KeyServer;
let graph: Awaited<ReturnType<typeof startGraph>>;
beforeAll(async () => {
  server = await startKeyServer({ issuerPath: '/{tenantid}/v2.0' });
  graph = await startGraph();
});
afterAll(() => Promise.all([server.stop(), graph.stop()]));
let askedOfSession: string[];
beforeEach(() => {
  graph.reset();
  askedOfSession = [];
});

const lookup: NonNullable<IssuerConfig['groupLookup']> = {
  graphUrl: GRAPH,
  loginUrl: LOGIN,
  clientId: APP_ID,
  as: 'application',
  credential: { kind: 'secret', secret: 'app-secret' },
};

function refresher(over: Partial<IssuerConfig> = {}) {
  const clock = turnableClock();
  const config = configOf(
    [
      entraIssuer(server, {
        groupLookup: lookup,
        roles: [
          { claim: 'roles', map: null },
          { claim: 'groups', map: { [APPROVERS]: ['lead'] } },
        ],
        ...over,
      }),
      oidcIssuer(server, { id: 'okta', issuer: 'http://127.0.0.1:9/okta' }),
    ],
    { implies: { lead: ['reader'] } },
  );
  return createClaimsRefresher({
    config,
    providers: createProviders({ config, clock, log }),
    directory: createDirectory({ config, clock, log, fetch: graph.fetch }),
    otherwise: {
      heldNow: async ({ claims }) => {
        askedOfSession.push(...claims);
        return { roles: ['from the session'], claims: { badge: 'gold' } };
      },
    },
  });
}

const approval = decisionOf(approver);
const amara: PrincipalRef = {
  key: `entra|public|${TENANT}|${AMARA}`,
  kind: 'person',
  provider: 'entra',
  subject: 's',
  tenant: TENANT,
  objectId: AMARA,
  name: 'Amara',
};

const held = (of: ClaimsRefresher, claims: readonly string[], person = amara) =>
  of.heldNow({ person, teams: null, claims });
const rolesNow = async (of: ClaimsRefresher, person: PrincipalRef) =>
  (await held(of, [], person))?.roles;

test('reads the current app roles and groups, with implied roles', async () => {
  graph.state.appRoles = ['approver'];
  graph.state.memberOf = [APPROVERS];
  expect(await rolesNow(refresher(), amara)).toEqual(['approver', 'lead', 'reader']);
});

test('drops a role that was removed', async () => {
  expect(await rolesNow(refresher(), amara)).toEqual([]);
});

test.each([
  ['disabled', false],
  ['deleted', null],
])('an account that is %s has no roles', async (_name, enabled) => {
  graph.state.appRoles = ['approver'];
  graph.state.enabled = enabled;
  expect(await rolesNow(refresher(), amara)).toEqual([]);
});

test('ignores an assignment of another application', async () => {
  graph.state.onGraph = (call, response) => {
    if (!call.path.includes('/appRoleAssignments')) return false;
    graph.json(response, { value: [{ appRoleId: 'id-of-approver', resourceId: 'other' }] });
    return true;
  };
  expect(await rolesNow(refresher(), amara)).toEqual([]);
});

test("applies only mappings of the person's tenant", async () => {
  graph.state.appRoles = ['approver'];
  const roles = [{ claim: 'roles', map: null, tenants: [OTHER_TENANT] }];
  expect(await rolesNow(refresher({ tenants: [TENANT, OTHER_TENANT], roles }), amara)).toEqual([]);
});

test('does not call a tenant that is no longer allowed', async () => {
  graph.state.appRoles = ['approver'];
  const asked = refresher({ tenants: [OTHER_TENANT] });
  expect(await rolesNow(asked, amara)).toEqual(['from the session']);
  expect(graph.calls).toEqual([]);
});

test('caches nothing: each recheck calls again', async () => {
  const asked = refresher();
  graph.state.memberOf = [APPROVERS];
  expect(await rolesNow(asked, amara)).toContain('lead');
  graph.state.memberOf = [];
  expect(await rolesNow(asked, amara)).toEqual([]);
});

test.each([
  ["another provider's people", {}, { provider: 'okta' }],
  ['a provider without a lookup', { groupLookup: undefined as never }, {}],
  ['roles from a claim that Graph does not have', { roles: [{ claim: 'wids', map: null }] }, {}],
  ['a mapping of every group', { roles: [{ claim: 'groups', map: null }] }, {}],
])('leaves %s to other sources', async (_name, over, person) => {
  expect(await rolesNow(refresher(over), { ...amara, ...person })).toEqual(['from the session']);
  expect(graph.at('graph')).toEqual([]);
});

test.each([[500], [403], [429]])(
  'treats an answer of %d as a failure, not as an absence',
  async (status) => {
    graph.state.onGraph = (_call, response) => void response.writeHead(status).end('{}');
    await expect(rolesNow(refresher(), amara)).rejects.toThrow();
  },
);

describe('reads claims from the properties that the configuration names', () => {
  const claims = { department: 'department', cost: 'employeeOrgData.costCenter' };
  const asked = () => refresher({ groupLookup: { ...lookup, claims } });

  test('returns current values in the same call', async () => {
    graph.state.user = { department: 'Payments', employeeOrgData: { costCenter: 'c7' } };
    expect(await held(asked(), ['department', 'cost'])).toMatchObject({
      claims: { department: 'Payments', cost: 'c7' },
    });
    const calls = graph.at('graph').filter(({ path }) => path.startsWith('/v1.0/users/'));
    expect(calls[0]?.path).toContain('$select=id,accountEnabled,department,employeeOrgData');
    expect(askedOfSession).toEqual([]);
  });

  test('asks only for the needed properties', async () => {
    await held(asked(), []);
    expect(graph.at('graph')[0]?.path).toContain('$select=id,accountEnabled');
    expect(graph.at('graph')[0]?.path).not.toContain('department');
  });

  test.each([
    ['empty', { department: null }, { department: null }],
    ['missing in the answer', {}, {}],
    ['of an unsupported shape', { department: { name: 'Payments' } }, {}],
    [
      'inside an empty value',
      { department: 'x', employeeOrgData: null },
      { department: 'x', cost: null },
    ],
  ])('distinguishes a value that is %s', async (_name, user, found) => {
    graph.state.user = user;
    graph.state.appRoles = ['approver'];
    expect((await held(asked(), ['department', 'cost', 'badge']))?.claims).toEqual({
      badge: 'gold',
      ...found,
    });
  });

  test('leaves a claim without a property to the session', async () => {
    graph.state.user = { department: 'Payments' };
    graph.state.appRoles = ['approver'];
    expect(await held(asked(), ['department', 'badge'])).toEqual({
      roles: ['approver'],
      claims: { department: 'Payments', badge: 'gold' },
    });
    expect(askedOfSession).toEqual(['badge']);
  });

  test('returns nothing for a disabled account', async () => {
    graph.state.user = { department: 'Payments' };
    graph.state.enabled = false;
    expect(await held(asked(), ['department'])).toEqual({ roles: [], claims: {} });
  });
});

describe('stale claims of a good token', () => {
  const claims = { department: 'department' };
  const clock = turnableClock();
  const old = principal({ ...amara, roles: ['approver'], claims: { department: 'Payments' } });
  const renew = (over: Partial<IssuerConfig> = { groupLookup: { ...lookup, claims } }) =>
    renewClaimsBy({ refresher: refresher(over), clock, log })(old);
  beforeEach(() => {
    graph.state.user = { department: 'Sales' };
    graph.state.appRoles = ['auditor'];
  });

  test('are replaced by current ones, with the new time', async () => {
    const by = await renew();
    expect(by).toMatchObject({
      key: old.key,
      roles: ['auditor'],
      claims: { department: 'Sales' },
      proof: { way: 'look-up', verifiedAt: clock.now(), sessionId: null },
    });
    const decision = { ...approval, at: clock.now(), evidence: { ...approval.evidence, ...by } };
    expect(evidenceAge({}, decision)).toMatchObject({ asOf: clock.now(), stale: false });
  });

  test('a claim that is empty now is removed', async () => {
    graph.state.user = { department: null };
    expect((await renew())?.claims).toEqual({});
  });

  test.each([
    [
      'a claim that is not returned',
      () => {
        graph.state.user = {};
      },
    ],
    [
      'a disabled account',
      () => {
        graph.state.enabled = false;
      },
    ],
    [
      'Graph fails',
      () => {
        graph.state.onGraph = (_c, r) => void r.writeHead(500).end('{}');
      },
    ],
  ])('%s: renews nothing, and the person must sign in', async (_name, prepare) => {
    prepare();
    expect(await renew()).toBeUndefined();
  });

  test('renews nothing where no property is named for a claim', async () => {
    expect(await renew({ groupLookup: lookup })).toBeUndefined();
  });
});
