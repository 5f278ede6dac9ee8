/**
 * Groups that a token does not list (Entra's overage). Sources: Microsoft's "Configure group
 * claims" (overage, `_claim_names`, `hasgroups`); Graph's pages on `checkMemberGroups`, paging and
 * throttling; RFC 8725 3.10 (addresses in a token are not called); ASVS 5 13.2 (bounded calls).
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IssuerConfig } from '../../src/config/config.ts';
import { createDirectory } from '../../src/directory/directory.ts';
import { createIdentity } from '../../src/identity/identity.ts';
import { inspectToken } from '../../src/identity/inspect/inspect-token.ts';
import { createVerifier } from '../../src/identity/tokens/verify-token.ts';
import {
  AMARA,
  APP_ID,
  OTHER_TENANT,
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

const APPROVERS = '0a000000-0000-4000-8000-000000000001';
const AUDITORS = '0a000000-0000-4000-8000-000000000002';
const STRANGERS = '0a000000-0000-4000-8000-000000000003';
const groupsMap = { [APPROVERS]: ['approver'], [AUDITORS]: ['auditor'] };

const clock = turnableClock();
let entra: KeyServer;
let key: TestKey;
let graph: Awaited<ReturnType<typeof startGraph>>;
let iss: string;

beforeAll(async () => {
  key = await newKey('k1');
  entra = await startKeyServer({ issuerPath: '/{tenantid}/v2.0' });
  entra.state.keys = [key.publicJwk];
  graph = await startGraph();
  iss = `${entra.base}/${TENANT}/v2.0`;
});
afterAll(() => Promise.all([entra.stop(), graph.stop()]));
beforeEach(() => graph.reset());

const lookup: NonNullable<IssuerConfig['groupLookup']> = {
  graphUrl: GRAPH,
  loginUrl: LOGIN,
  clientId: APP_ID,
  as: 'application',
  credential: { kind: 'secret', secret: 'app-secret' },
};

function partsWith(over: Partial<IssuerConfig> = {}, fetch = graph.fetch) {
  const config = configOf([
    entraIssuer(entra, {
      use: ['people', 'workloads'],
      groupLookup: lookup,
      roles: [
        { claim: 'roles', map: null },
        { claim: 'groups', map: groupsMap },
      ],
      ...over,
    }),
  ]);
  const parts = { config, clock, log };
  const directory = createDirectory({ ...parts, fetch });
  return { ...parts, verifier: createVerifier({ ...parts, directory }) };
}

const identityWith = (...given: Parameters<typeof partsWith>) =>
  createIdentity(partsWith(...given));

let serial = 0;
const overage = { _claim_names: { groups: 'src1' }, _claim_sources: { src1: { endpoint: 'x' } } };
const tokenOf = (over: Claims = {}) =>
  sign(
    key,
    personClaims(iss, clock.now(), {
      roles: undefined,
      uti: `t-${(serial += 1)}`,
      ...overage,
      ...over,
    }),
  );
const rolesBy = async (identity: ReturnType<typeof identityWith>, over: Claims = {}) =>
  (await identity.verifyBearer(await tokenOf(over))).roles;

describe('which groups count', () => {
  test.each([
    ['_claim_names', {}],
    ['hasgroups', { _claim_names: undefined, _claim_sources: undefined, hasgroups: true }],
    ['a list in the token, which the lookup replaces', { groups: [AUDITORS] }],
  ])('%s: only groups confirmed by the directory count', async (_name, over) => {
    graph.state.memberOf = [APPROVERS];
    expect(await rolesBy(identityWith(), over)).toEqual(['approver']);
    expect(graph.at('graph')).toMatchObject([
      {
        method: 'POST',
        path: `/v1.0/users/${AMARA}/checkMemberGroups`,
        authorization: 'Bearer graph-token',
      },
    ]);
    expect(JSON.parse(graph.at('graph')[0]?.body ?? '')).toEqual({
      groupIds: [APPROVERS, AUDITORS],
    });
  });

  test('app roles of the token count in addition to groups', async () => {
    graph.state.memberOf = [AUDITORS];
    expect(await rolesBy(identityWith(), { roles: ['developer'] })).toEqual([
      'developer',
      'auditor',
    ]);
  });

  test('token inspect reports the lookup', async () => {
    graph.state.memberOf = [AUDITORS];
    const { verifier } = partsWith();
    const report = await inspectToken(await tokenOf(), { verifier, purpose: { kind: 'bearer' } });
    expect(report.checks.at(-1)).toMatchObject({ check: 'groups', result: 'pass' });
    expect(report.verdict).toMatchObject({ accepted: true, principal: { roles: ['auditor'] } });
  });

  test('gives no role without a confirmed group', async () => {
    expect(await rolesBy(identityWith())).toEqual([]);
  });

  test('trusts the groups in a token, without a directory call', async () => {
    const roles = await rolesBy(identityWith(), {
      groups: [APPROVERS],
      _claim_names: undefined,
      _claim_sources: undefined,
    });
    expect([roles, graph.calls]).toEqual([['approver'], []]);
  });

  test('does not look up groups without a mapping', async () => {
    const roles = await rolesBy(identityWith({ roles: [{ claim: 'roles', map: null }] }), {
      roles: ['developer'],
    });
    expect([roles, graph.calls]).toEqual([['developer'], []]);
  });

  test('looks up 45 groups in calls of at most 20', async () => {
    const ids = Array.from(
      { length: 45 },
      (_, at) => `0b000000-0000-4000-8000-${String(at).padStart(12, '0')}`,
    );
    graph.state.memberOf = [ids[44] ?? ''];
    const map = Object.fromEntries(ids.map((id) => [id, [`role-${id.slice(-2)}`]]));
    expect(await rolesBy(identityWith({ roles: [{ claim: 'groups', map }] }))).toEqual(['role-44']);
    expect(
      graph
        .at('graph')
        .map(({ body }) => (JSON.parse(body) as { groupIds: string[] }).groupIds.length),
    ).toEqual([20, 20, 5]);
  });

  test('looks up an application among service principals', async () => {
    graph.state.memberOf = [APPROVERS];
    const token = await sign(
      key,
      workloadClaims(iss, clock.now(), {
        sub: AMARA,
        oid: AMARA,
        tid: TENANT,
        uti: `t-${(serial += 1)}`,
        ...overage,
      }),
    );
    expect((await identityWith().verifyBearer(token)).roles).toEqual(['approver']);
    expect(graph.at('graph')[0]?.path).toBe(`/v1.0/servicePrincipals/${AMARA}/checkMemberGroups`);
  });

  test('looks up a token at most once a minute', async () => {
    const identity = identityWith();
    const token = await tokenOf();
    await Promise.all(Array.from({ length: 20 }, () => identity.verifyBearer(token)));
    expect(graph.at('graph')).toHaveLength(1);
    clock.advance(61_000);
    graph.state.memberOf = [APPROVERS];
    expect((await identity.verifyBearer(token)).roles).toEqual(['approver']);
  });
});

describe('on behalf of the person (RFC 7523 2.1, Microsoft identity platform)', () => {
  test("exchanges the person's own token and calls Graph as that person", async () => {
    graph.state.memberOf = [APPROVERS];
    const identity = identityWith({ groupLookup: { ...lookup, as: 'person' } });
    const token = await tokenOf();
    expect((await identity.verifyBearer(token)).roles).toEqual(['approver']);
    expect(graph.at('graph')[0]?.path).toBe('/v1.0/me/checkMemberGroups');
    const [login] = graph.at('login');
    expect(login?.path).toMatch(new RegExp(`^/${TENANT}/oauth2/v2.0/token`));
    expect(Object.fromEntries(new URLSearchParams(login?.body))).toMatchObject({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: token,
      requested_token_use: 'on_behalf_of',
      client_id: APP_ID,
      scope: expect.stringContaining(`${GRAPH}/.default`),
    });
  });

  test('never exchanges an ID token, at a sign-in or a refresh', async () => {
    graph.state.memberOf = [APPROVERS];
    const config = configOf([
      entraIssuer(entra, {
        groupLookup: { ...lookup, as: 'person' },
        roles: [{ claim: 'groups', map: groupsMap }],
      }),
    ]);
    const directory = createDirectory({ config, clock, log, fetch: graph.fetch });
    const verifier = createVerifier({ config, clock, log, directory });
    for (const kind of ['sign-in', 'refresh'] as const) {
      const token = await tokenOf({
        aud: APP_ID,
        nonce: 'n',
        azp: undefined,
        scp: undefined,
        appid: undefined,
      });
      const { principal } = await verifier.verify(token, {
        kind,
        provider: 'entra',
        clientId: APP_ID,
        nonce: 'n',
      });
      expect(principal.roles).toEqual(['approver']);
    }
    expect(
      graph.at('login').map(({ body }) => new URLSearchParams(body).get('grant_type')),
    ).toEqual(['client_credentials']);
  });

  test('two people never share an exchanged token', async () => {
    const identity = identityWith({ groupLookup: { ...lookup, as: 'person' } });
    const tokens = await Promise.all([tokenOf(), tokenOf({ oid: STRANGERS, sub: 'other' })]);
    for (const token of tokens) await identity.verifyBearer(token);
    expect(graph.at('login').map(({ body }) => new URLSearchParams(body).get('assertion'))).toEqual(
      tokens,
    );
  });
});

test('the look-up logs in with the token of a file, as the bot does', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-'));
  const tokenFile = join(folder, 'token');
  writeFileSync(tokenFile, 'eyJ.projected.token');
  graph.state.memberOf = [APPROVERS];
  const credential = {
    kind: 'federated',
    tokenFile,
    managedIdentity: null,
    audience: 'api://AzureADTokenExchange',
  } as const;
  const identity = identityWith({ groupLookup: { ...lookup, credential } });
  expect(await rolesBy(identity)).toEqual(['approver']);
  rmSync(folder, { recursive: true });
  const form = new URLSearchParams(graph.at('login')[0]?.body);
  expect([form.get('client_assertion'), form.get('client_secret')]).toEqual([
    'eyJ.projected.token',
    null,
  ]);
});

describe("with the machine's managed identity", () => {
  const before = { ...process.env };
  afterEach(() => {
    process.env = { ...before };
  });
  /** Redirects the machine's endpoint to loopback; everything else goes to the fake Microsoft. */
  const wire = (url: string, init?: RequestInit) =>
    url.startsWith(graph.base) ? fetch(url, init) : graph.fetch(url, init);
  let count = 0;
  const ask = async () => {
    // msal caches a token for each identity in this process.
    const clientId = `00000000-0000-4000-8000-${String((count += 1)).padStart(12, '0')}`;
    const identity = identityWith(
      {
        groupLookup: { ...lookup, credential: { kind: 'managedIdentity', clientId } },
      },
      wire,
    );
    return { clientId, roles: rolesBy(identity), again: () => rolesBy(identity) };
  };

  // The address of the machine's identity endpoint; without it, msal uses that of a virtual
  // machine.
  beforeEach(() => {
    process.env['AZURE_POD_IDENTITY_AUTHORITY_HOST'] = `${graph.base}/login`;
  });

  test('gets a Graph token once, without another login call', async () => {
    graph.state.memberOf = [APPROVERS];
    const { clientId, roles, again } = await ask();
    expect(await roles).toEqual(['approver']);
    expect(await again()).toEqual(['approver']);
    expect(graph.at('login')).toHaveLength(1);
    const asked = new URL(graph.at('login')[0]?.path ?? '', 'http://machine');
    expect(asked.pathname).toMatch(/^\/metadata\/identity\/oauth2\/token/);
    expect(asked.searchParams.get('client_id')).toBe(clientId);
    expect(asked.searchParams.get('resource')).toBe(GRAPH);
    expect(graph.at('graph')[0]?.authorization).toBe('Bearer graph-token');
    expect(graph.strays).toEqual([]);
  });

  test('refuses when the managed identity returns no token', async () => {
    graph.state.memberOf = [APPROVERS];
    graph.state.loginFails = true;
    const { roles } = await ask();
    expect(await codeOf(roles)).toBe('groups_unavailable');
    expect(graph.at('graph')).toEqual([]);
  });
});

describe('refused lookups', () => {
  const answered =
    (status: number, headers: Record<string, string> = {}, body = '{}') =>
    () => {
      graph.state.onGraph = (_call, response) => void response.writeHead(status, headers).end(body);
    };
  const list = (body: object) => answered(200, {}, JSON.stringify(body));
  /** A first page with this link; the following page would be good. */
  const linked = (next: unknown) => () => {
    graph.state.onGraph = (call, response) =>
      graph.json(response, {
        value: [APPROVERS],
        ...(call.path.endsWith('/checkMemberGroups') ? { '@odata.nextLink': next } : {}),
      });
  };
  const rows: [string, () => void][] = [
    ['Graph answers 500', answered(500)],
    ['the permission is not granted (403)', answered(403)],
    ['the person does not exist (404)', answered(404)],
    ['a redirect, which must not be followed', answered(302, { location: 'http://127.0.0.1:9/' })],
    ['an answer that is not JSON', answered(200, {}, '<html>')],
    ['an answer without a value array', list({})],
    ['a value that is not an array', list({ value: APPROVERS })],
    ['an answer of two megabytes', answered(200, {}, `"${'x'.repeat(2_000_000)}"`)],
    ['throttled for half a minute', answered(429, { 'retry-after': '30' })],
    ['throttled without Retry-After', answered(429)],
    ['throttled repeatedly', answered(429, { 'retry-after': '0' })],
    ['the next page at another host', linked('https://graph.attacker.example/v1.0/next')],
    ['the next page at a host with the same prefix', linked(`${GRAPH}.attacker.example/v1.0/next`)],
    ['the next page over http', linked(`${GRAPH.replace('https', 'http')}/v1.0/next`)],
    ['the next page outside /v1.0', linked(`${GRAPH}/beta/next`)],
    ['the next page outside /v1.0 through dot segments', linked(`${GRAPH}/v1.0/../beta/next`)],
    ['a next page that is not a link', linked(7)],
    ['endless pages', list({ value: [], '@odata.nextLink': `${GRAPH}/v1.0/next` })],
    [
      'the login refuses the app',
      () => {
        graph.state.loginFails = true;
      },
    ],
  ];
  test.each(rows)('%s', async (_name, prepare) => {
    prepare();
    expect(await codeOf(identityWith().verifyBearer(await tokenOf()))).toBe('groups_unavailable');
    expect(graph.strays).toEqual([]);
  });

  test('refuses after a few seconds when Graph does not answer', async () => {
    graph.state.onGraph = () => undefined;
    const startedAt = performance.now();
    expect(await codeOf(identityWith().verifyBearer(await tokenOf()))).toBe('groups_unavailable');
    expect(performance.now() - startedAt).toBeLessThan(30_000);
  });

  test('refuses an overage token where no lookup is configured', async () => {
    const identity = identityWith({ groupLookup: undefined as never });
    expect(await codeOf(identity.verifyBearer(await tokenOf()))).toBe('groups_not_listed');
  });

  test('refuses where every group is a role, as no group can be asked for', async () => {
    const identity = identityWith({ roles: [{ claim: 'groups', map: null }] });
    expect(await codeOf(identity.verifyBearer(await tokenOf()))).toBe('groups_not_listed');
  });
});

test('waits out a short throttling; a long one stops all calls to Graph', async () => {
  let throttled = 1;
  graph.state.onGraph = (_call, response) => {
    if (throttled === 0) return false;
    throttled -= 1;
    response.writeHead(429, { 'retry-after': '1' }).end();
    return true;
  };
  graph.state.memberOf = [APPROVERS];
  const identity = identityWith();
  expect(await rolesBy(identity)).toEqual(['approver']);
  graph.state.onGraph = (_call, response) =>
    void response.writeHead(429, { 'retry-after': '30' }).end();
  expect(await codeOf(identity.verifyBearer(await tokenOf()))).toBe('groups_unavailable');
  graph.state.onGraph = null;
  const before = graph.at('graph').length;
  expect(await codeOf(identity.verifyBearer(await tokenOf()))).toBe('groups_unavailable');
  expect(graph.at('graph')).toHaveLength(before);
  clock.advance(30_001);
  expect(await rolesBy(identity)).toEqual(['approver']);
});

test('follows a next page at Graph itself', async () => {
  graph.state.onGraph = (call, response) => {
    graph.json(
      response,
      call.path.endsWith('/next')
        ? { value: [APPROVERS] }
        : { value: [], '@odata.nextLink': `${GRAPH}/v1.0/next` },
    );
  };
  expect(await rolesBy(identityWith())).toEqual(['approver']);
});

test('ignores groups that were not asked for', async () => {
  graph.state.onGraph = (_call, response) =>
    graph.json(response, { value: [STRANGERS, 7, null, APPROVERS] });
  expect(await rolesBy(identityWith())).toEqual(['approver']);
  const config = configOf([entraIssuer(entra, { groupLookup: lookup })]);
  const directory = createDirectory({ config, clock, log, fetch: graph.fetch });
  expect(
    await directory.memberOf({
      issuer: 'entra',
      tenant: TENANT,
      objectId: AMARA,
      kind: 'person',
      groups: [APPROVERS, AUDITORS],
      assertion: null,
      tokenDigest: null,
    }),
  ).toEqual([APPROVERS]);
});

test('never calls the endpoint that the token names', async () => {
  const endpoint = `${graph.base}/graph/trap`;
  await rolesBy(identityWith(), { _claim_sources: { src1: { endpoint } } });
  expect([graph.calls.filter(({ path }) => path.includes('trap')), graph.strays]).toEqual([[], []]);
});

test.each([
  ['a wrong signature', async () => `${(await tokenOf()).slice(0, -20)}${'A'.repeat(20)}`],
  ['another audience', () => tokenOf({ aud: 'somebody-else' })],
  ['an expired token', () => tokenOf({ exp: 1 })],
])('makes no directory call for %s', async (_name, token) => {
  expect(await codeOf(identityWith().verifyBearer(await token()))).not.toBe('accepted');
  expect(graph.calls).toEqual([]);
});

describe('another listed tenant cannot assign roles (each tenant assigns its own app roles)', () => {
  const tenants = [TENANT, OTHER_TENANT];
  const otherIss = () => `${entra.base}/${OTHER_TENANT}/v2.0`;
  const other = (over: Claims = {}) =>
    sign(
      key,
      personClaims(otherIss(), clock.now(), {
        tid: OTHER_TENANT,
        ...over,
      }),
    );
  const roles = [
    { claim: 'roles', map: null, tenants: [TENANT] },
    { claim: 'roles', map: { guest: ['reader'] }, tenants: [OTHER_TENANT] },
    { claim: 'groups', map: groupsMap, tenants: [TENANT] },
  ];

  test('ignores an app role that the other tenant assigned', async () => {
    const principal = await identityWith({ tenants, roles }).verifyBearer(
      await other({ roles: ['approver', 'guest'] }),
    );
    expect(principal.roles).toEqual(['reader']);
  });

  test('ignores a group of the other tenant with a mapped id', async () => {
    const principal = await identityWith({ tenants, roles }).verifyBearer(
      await other({ roles: undefined, groups: [APPROVERS] }),
    );
    expect(principal.roles).toEqual([]);
  });

  test('ignores an overage of the other tenant, without a directory call', async () => {
    graph.state.memberOf = [APPROVERS];
    const principal = await identityWith({ tenants, roles }).verifyBearer(
      await other({ roles: undefined, ...overage }),
    );
    expect([principal.roles, graph.calls]).toEqual([[], []]);
  });

  test('a mapping without tenants gives no role', async () => {
    const identity = identityWith({ tenants, roles: [{ claim: 'roles', map: null }] });
    expect((await identity.verifyBearer(await other())).roles).toEqual([]);
  });
});
