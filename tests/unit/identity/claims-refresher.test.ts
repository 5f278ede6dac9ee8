/** What Microsoft Graph says of a person who is away: roles as they are now. */
import type { IssuerConfig } from '../../../src/config/config.ts';
import type { PrincipalRef } from '../../../src/domain/principal.ts';
import { createClaimsRefresher } from '../../../src/identity/claims-refresher.ts';
import { createGraphWays, createGroupSource } from '../../../src/identity/group-lookup.ts';
import { createProviders } from '../../../src/identity/providers.ts';
import { GRAPH, LOGIN, startGraph } from './fake-graph.ts';
import {
  AMARA, APP_ID, OTHER_TENANT, TENANT, configOf, entraIssuer, log, oidcIssuer, startKeyServer,
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
beforeEach(() => graph.reset());

const lookup: NonNullable<IssuerConfig['groupLookup']> = {
  graphUrl: GRAPH, loginUrl: LOGIN, clientId: APP_ID, as: 'application',
  credential: { kind: 'secret', secret: 'app-secret' },
};

function refresher(over: Partial<IssuerConfig> = {}) {
  const clock = turnableClock();
  const config = configOf([
    entraIssuer(server, {
      groupLookup: lookup,
      roles: [{ claim: 'roles', map: null }, { claim: 'groups', map: { [APPROVERS]: ['lead'] } }],
      ...over,
    }),
    oidcIssuer(server, { id: 'okta', issuer: 'http://127.0.0.1:9/okta' }),
  ], { implies: { lead: ['reader'] } });
  const ways = createGraphWays(graph.fetch);
  return createClaimsRefresher({
    config, ways, providers: createProviders({ config, clock, log }),
    groups: createGroupSource({ clock, log, ways }),
    otherwise: { rolesNow: async () => ['from the session'] },
  });
}

const amara: PrincipalRef = {
  key: `entra|public|${TENANT}|${AMARA}`, kind: 'person', provider: 'entra', subject: 's',
  tenant: TENANT, objectId: AMARA, name: 'Amara',
};

test('app roles and groups of this moment, with what they imply', async () => {
  graph.state.appRoles = ['approver'];
  graph.state.memberOf = [APPROVERS];
  expect(await refresher().rolesNow(amara)).toEqual(['approver', 'lead', 'reader']);
});

test('what was taken away is gone', async () => {
  expect(await refresher().rolesNow(amara)).toEqual([]);
});

test.each([['disabled', false], ['deleted', null]])('an account that is %s has none', async (
  _name, enabled,
) => {
  graph.state.appRoles = ['approver'];
  graph.state.enabled = enabled;
  expect(await refresher().rolesNow(amara)).toEqual([]);
});

test('an assignment of another application does not count', async () => {
  graph.state.onGraph = (call, response) => {
    if (!call.path.includes('/appRoleAssignments')) return false;
    graph.json(response, { value: [{ appRoleId: 'id-of-approver', resourceId: 'other' }] });
    return true;
  };
  expect(await refresher().rolesNow(amara)).toEqual([]);
});

test('only mappings of the person\'s tenant count', async () => {
  graph.state.appRoles = ['approver'];
  const roles = [{ claim: 'roles', map: null, tenants: [OTHER_TENANT] }];
  expect(await refresher({ tenants: [TENANT, OTHER_TENANT], roles }).rolesNow(amara)).toEqual([]);
});

test('a tenant that is trusted no more is not asked', async () => {
  graph.state.appRoles = ['approver'];
  const asked = refresher({ tenants: [OTHER_TENANT] });
  expect(await asked.rolesNow(amara)).toEqual(['from the session']);
  expect(graph.calls).toEqual([]);
});

test('nothing is kept: each look asks again', async () => {
  const asked = refresher();
  graph.state.memberOf = [APPROVERS];
  expect(await asked.rolesNow(amara)).toContain('lead');
  graph.state.memberOf = [];
  expect(await asked.rolesNow(amara)).toEqual([]);
});

test.each([
  ['another provider\'s people', {}, { provider: 'okta' }],
  ['a provider without a look-up', { groupLookup: undefined as never }, {}],
  ['roles from a claim that Graph does not hold', { roles: [{ claim: 'wids', map: null }] }, {}],
  ['any group for a role', { roles: [{ claim: 'groups', map: null }] }, {}],
])('%s are told by others', async (_name, over, person) => {
  expect(await refresher(over).rolesNow({ ...amara, ...person })).toEqual(['from the session']);
  expect(graph.at('graph')).toEqual([]);
});

test.each([[500], [403], [429]])('an answer of %d is a fault, not an absence', async (status) => {
  graph.state.onGraph = (_call, response) => void response.writeHead(status).end('{}');
  await expect(refresher().rolesNow(amara)).rejects.toThrow();
});
