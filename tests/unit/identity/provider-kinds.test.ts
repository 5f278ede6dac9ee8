/**
 * Every kind of provider by configuration alone: a countersign.yaml, tokens as each provider writes
 * them, and the resulting principals. The providers' public addresses lead to one server on
 * loopback.
 */
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Principal } from '../../../src/domain/people/principal.ts';
import { mayRequest } from '../../../src/domain/people/authority.ts';
import { createVerifier } from '../../../src/identity/tokens/verify-token.ts';
import type { Verifier } from '../../../src/identity/tokens/verify-token.ts';
import { configText, edited, load, workflowText } from '../config/support.ts';
import { codeOf, log, newKey, sign, turnableClock } from './kit.ts';
import type { Claims, TestKey } from './kit.ts';

const A = '8c1d2e37-5b46-4f09-9e8a-3d7f60b1c254';
const B = '0b1c2d3e-4f50-4162-8374-95a6b7c8d9e0';
const OID = '33f6d812-74ca-4e50-9029-8c312dae4f53';
const ORGANIZATION = '6d1f0c52-8a3b-4f7e-9c1d-2b5a7e904f31';
const APP = '2f6ad4b1-90c3-4d6e-8a57-1be0c93f7d24';
const AUD = 'https://countersign.contoso.example';

const ISSUERS = `identity:
  issuers:
    - kind: entra
      id: entra
      tenants: [${A}, ${B}]
      audience: ${APP}
      use: [people, workloads]
      claims: [department, azp]
      roles:
        - { claim: roles, tenants: [${A}] }
        - claim: groups
          tenants: [${A}]
          map: { 0a000000-0000-4000-8000-000000000001: approver }
        - { claim: roles, tenants: [${B}], map: { Guest: developer } }
    - kind: entra
      id: entra-v1
      issuer: https://sts.windows.net/{tenantid}/
      tenant: ${A}
      audience: api://countersign
    - kind: oidc
      id: okta
      issuer: https://contoso.okta.com/oauth2/default
      audience: api://countersign
      use: [people]
      roles: [{ claim: groups, map: { Approvers: approver } }]
    - kind: oidc
      id: auth0
      issuer: https://contoso.eu.auth0.com/
      audience: api://countersign
      use: [people]
      roles: [{ claim: https://contoso.example/roles }]
    - kind: oidc
      id: google
      issuer: https://accounts.google.com
      audience: ${AUD}
      use: [workloads]
      claims: [email]
    - { kind: github, id: github, audience: ${AUD} }
    - { kind: gitlab, id: gitlab, audience: ${AUD} }
    - kind: gitlab
      id: gitlab-own
      issuer: https://gitlab.contoso.example
      audience: ${AUD}
    - kind: azure-devops
      id: azure
      organization: ${ORGANIZATION}
      audience: api://AzureADTokenExchange
`;

const WORKLOADS = `  workloads:
    - { issuer: github, repository_id: '2', repository_owner_id: '1', environment: production }
    - issuer: github
      repository_id: '2'
      job_workflow_ref: contoso/x/.github/workflows/d.yml@refs/heads/main
    - { issuer: github, repository_id: '2', ref: [refs/heads/main, refs/heads/stable] }
    - { issuer: gitlab, project_id: 7, ref_protected: true, environment: production }
    - { issuer: azure, prj_id: p1, def_id: 12, rpo_ref: refs/heads/main }
    - { issuer: google, email: deployer@contoso.iam.gserviceaccount.com }
`;

const clock = turnableClock();
let key: TestKey;
let server: Server;
let base: string;
let verifier: Verifier;
const { config } = load({
  config: configText.replace(
    /identity:[\s\S]*?(?=\nchannels:)/,
    `${ISSUERS}
  roles:
    security-lead: { implies: [approver] }
`,
  ),
  workflows: {
    'deploy.yaml': workflowText.replace(/ {2}workloads:[\s\S]*?(?=\nstages:)/, WORKLOADS),
  },
});

/** The issuer in each discovery document. */
const issuerAt = (url: string): string => {
  const { host, pathname, origin } = new URL(url);
  const path = pathname.replace('/.well-known/openid-configuration', '');
  if (host !== 'login.microsoftonline.com') {
    return host.endsWith('auth0.com') ? `${origin}/` : `${origin}${path}`;
  }
  if (path.endsWith('/v2.0')) return `${origin}/{tenantid}/v2.0`;
  return `https://sts.windows.net/${path.slice(1)}/`;
};

beforeAll(async () => {
  key = await newKey('k1');
  server = createServer((request, response) => {
    const url = decodeURIComponent((request.url ?? '').slice(1));
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify(
        url.endsWith('/keys')
          ? { keys: [key.publicJwk] }
          : { issuer: issuerAt(url), jwks_uri: `${new URL(url).origin}/keys` },
      ),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  verifier = createVerifier({
    config,
    clock,
    log,
    fetch: (url, init) => fetch(`${base}/${encodeURIComponent(url)}`, init),
  });
});
afterAll(async () => {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
});

const token = (claims: Claims) => {
  const now = Math.floor(clock.now() / 1_000);
  return sign(key, { iat: now, nbf: now, exp: now + 600, ...claims });
};
const of = async (claims: Claims): Promise<Principal> =>
  (await verifier.verify(await token(claims), { kind: 'bearer' })).principal;

const v2 = (over: Claims = {}): Claims => ({
  iss: `https://login.microsoftonline.com/${A}/v2.0`,
  ver: '2.0',
  aud: APP,
  tid: A,
  oid: OID,
  sub: 'pairwise-for-this-app',
  azp: 'c',
  scp: 'access_as_user',
  name: 'Amara',
  ...over,
});
const v1 = (over: Claims = {}): Claims => ({
  iss: `https://sts.windows.net/${A}/`,
  ver: '1.0',
  aud: 'api://countersign',
  tid: A,
  oid: OID,
  sub: 'another-pairwise',
  appid: 'c',
  scp: 'access_as_user',
  name: 'Amara',
  ...over,
});

describe('Entra', () => {
  test('v1 and v2 tokens of one person are one principal', async () => {
    const [one, two] = [await of(v1()), await of(v2())];
    expect(one.key).toBe(two.key);
    expect([one.provider, two.provider]).toEqual(['entra-v1', 'entra']);
    expect(one.key).toBe(`entra|public|${A}|${OID}`);
  });

  test('a list of tenants, each with its own mappings', async () => {
    const groups = ['0a000000-0000-4000-8000-000000000001'];
    expect((await of(v2({ roles: ['developer'], groups }))).roles).toEqual([
      'developer',
      'approver',
    ]);
    const other = { iss: `https://login.microsoftonline.com/${B}/v2.0`, tid: B };
    expect((await of(v2({ ...other, roles: ['approver', 'Guest'], groups }))).roles).toEqual([
      'developer',
    ]);
  });

  test('an application of the tenant, by its client id', async () => {
    const found = await of(v2({ scp: undefined, sub: OID, idtyp: 'app', azp: 'pipeline' }));
    expect(found).toMatchObject({ kind: 'workload', claims: { azp: 'pipeline' } });
  });

  test('sovereign clouds: v1 and v2 addresses follow from the cloud', () => {
    for (const [cloud, host] of [
      ['usgov', 'login.microsoftonline.us'],
      ['china', 'login.partner.microsoftonline.cn'],
    ]) {
      const text = configText
        .replace('cloud: public', `cloud: ${cloud}`)
        .replace('    channel: 19:9', '    serviceUrl: https://x.example/\n    channel: 19:9')
        .replace(
          '    - kind: github',
          `    - kind: entra
      id: v1
      tenant: ${A}
      issuer: https://sts.windows.net/{tenantid}/
      audience: api://countersign
    - kind: github`,
        );
      const [first, second] = load({ config: text }).config.identity.issuers;
      expect(first).toMatchObject({
        issuer: `https://${host}/{tenantid}/v2.0`,
        discoveryUrl: `https://${host}/${A}/v2.0/.well-known/openid-configuration`,
      });
      expect(second?.discoveryUrl).toBe(`https://${host}/${A}/.well-known/openid-configuration`);
    }
  });
});

describe('other providers of people', () => {
  test('Okta: groups as roles', async () => {
    expect(
      await of({
        iss: 'https://contoso.okta.com/oauth2/default',
        aud: 'api://countersign',
        ver: 1,
        sub: 'amara@contoso.example',
        uid: '00u1',
        cid: '0oa1',
        scp: ['approve'],
        groups: ['Everyone', 'Approvers'],
      }),
    ).toMatchObject({ kind: 'person', roles: ['approver'], key: 'okta|amara@contoso.example' });
  });

  test('Auth0: a namespaced claim', async () => {
    expect(
      await of({
        iss: 'https://contoso.eu.auth0.com/',
        aud: 'api://countersign',
        sub: 'auth0|7',
        azp: 'c',
        scope: 'openid',
        'https://contoso.example/roles': ['approver'],
      }),
    ).toMatchObject({ kind: 'person', roles: ['approver'] });
  });
});

describe('workloads, and the workflow rules for them', () => {
  const asks = async (claims: Claims) => {
    const [workflow] = config.workflows;
    if (workflow === undefined) throw new Error('no workflow');
    const principal = await of(claims);
    return [principal.kind, mayRequest(workflow, principal).ok];
  };
  const github = (over: Claims = {}): Claims => ({
    iss: 'https://token.actions.githubusercontent.com',
    aud: AUD,
    repository: 'contoso/checkout',
    sub: 'repo:contoso@1/checkout@2:environment:production',
    repository_id: '2',
    repository_owner_id: '1',
    actor_id: '9',
    run_attempt: '1',
    environment: 'production',
    ref: 'refs/heads/feature',
    jti: 'j',
    ...over,
  });
  const gitlab = (over: Claims = {}): Claims => ({
    iss: 'https://gitlab.com',
    aud: AUD,
    sub: 'project_path:contoso/checkout:ref_type:branch:ref:main',
    namespace_id: '3',
    project_id: '7',
    project_path: 'contoso/checkout',
    user_id: '42',
    user_email: 'a@contoso.example',
    ref_protected: 'true',
    environment: 'production',
    jti: 'j',
    ...over,
  });
  const azure = (over: Claims = {}): Claims => ({
    iss: `https://vstoken.dev.azure.com/${ORGANIZATION}`,
    aud: 'api://AzureADTokenExchange',
    sub: 'p://contoso/shop/release',
    org_id: ORGANIZATION,
    prj_id: 'p1',
    def_id: '12',
    rpo_ref: 'refs/heads/main',
    run_id: '900',
    jti: 'j',
    ...over,
  });
  const google = (over: Claims = {}): Claims => ({
    iss: 'https://accounts.google.com',
    aud: AUD,
    sub: '1098',
    azp: '1098',
    email: 'deployer@contoso.iam.gserviceaccount.com',
    email_verified: true,
    ...over,
  });
  const branch = { environment: undefined, sub: 'repo:contoso/checkout:ref:refs/heads/x' };
  const rows: [string, boolean, Claims][] = [
    ['GitHub: the environment', true, github()],
    [
      'GitHub: the old form of sub',
      true,
      github({ sub: 'repo:contoso/checkout:environment:production' }),
    ],
    ['GitHub: another environment', false, github({ environment: 'staging' })],
    [
      'GitHub: another repository of that name',
      false,
      github({ sub: 'repo:contoso/checkout:environment:production', repository_id: '3' }),
    ],
    [
      'GitHub: the workflow file at its branch',
      true,
      github({ ...branch, job_workflow_ref: 'contoso/x/.github/workflows/d.yml@refs/heads/main' }),
    ],
    [
      'GitHub: that file at another branch',
      false,
      github({ ...branch, job_workflow_ref: 'contoso/x/.github/workflows/d.yml@refs/heads/x' }),
    ],
    ['GitHub: one of two branches', true, github({ ...branch, ref: 'refs/heads/stable' })],
    [
      'GitHub: a branch with the same prefix',
      false,
      github({ ...branch, ref: 'refs/heads/stable-not' }),
    ],
    ['GitLab: a protected branch to production', true, gitlab()],
    ['GitLab: an unprotected one', false, gitlab({ ref_protected: 'false' })],
    ['GitLab: another project', false, gitlab({ project_id: '8' })],
    ['Azure DevOps: project, pipeline and branch', true, azure()],
    ['Azure DevOps: by a service connection', true, azure({ sub: 'sc://contoso/shop/prod' })],
    ['Azure DevOps: another pipeline', false, azure({ def_id: '13' })],
    ['Google: a service account', true, google()],
    ['Google: another one', false, google({ email: 'x@contoso.iam.gserviceaccount.com' })],
  ];
  test.each(rows)('%s: %s', async (_name, may, claims) => {
    expect(await asks(claims)).toEqual(['workload', may]);
  });

  test('another organization of Azure DevOps is another issuer', async () => {
    expect(await codeOf(of(azure({ iss: `https://vstoken.dev.azure.com/${B}` })))).toBe(
      'token_issuer_unknown',
    );
  });

  test('a self-managed GitLab does not speak for gitlab.com', async () => {
    expect(await asks(gitlab({ iss: 'https://gitlab.contoso.example' }))).toEqual([
      'workload',
      false,
    ]);
  });
});

test("GitHub at an enterprise's own address", () => {
  const text = edited(
    configText,
    'kind: github',
    'kind: github\n      issuer: ' + 'https://token.actions.githubusercontent.com/contoso',
  );
  expect(load({ config: text }).config.identity.issuers[1]).toMatchObject({
    issuer: 'https://token.actions.githubusercontent.com/contoso',
    keyClaims: ['repository_owner_id', 'repository_id'],
    actorClaim: 'actor_id',
  });
});
