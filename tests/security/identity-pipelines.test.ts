/**
 * People behind pipelines, linked identities, and the owner of a pipeline. Sources: the claim
 * references of GitHub, GitLab and Azure DevOps, RFC 9068 2.2 (app-only tokens), ASVS 5 2.3.4
 * (separation of duties), OWASP CICD-SEC-1 (insufficient flow control).
 */
import type { IssuerConfig } from '../../src/config/config.ts';
import type { Principal } from '../../src/domain/people/principal.ts';
import { createIdentity } from '../../src/identity/identity.ts';
import type { Identity } from '../../src/usecases/ports/identity.ts';
import {
  AMARA,
  API,
  TENANT,
  codeOf,
  configOf,
  entraIssuer,
  log,
  newKey,
  oidcIssuer,
  personClaims,
  sign,
  startKeyServer,
  turnableClock,
} from '../unit/identity/kit.ts';
import type { Claims, KeyServer, TestKey } from '../unit/identity/kit.ts';
import { approve, eventsOf, openFixture } from '../unit/usecases/fixture.ts';
import type { Fixture } from '../unit/usecases/fixture.ts';
import { principal, stage, workflow } from '../support/builders.ts';

describe('the human behind a pipeline', () => {
  const clock = turnableClock();
  let github: KeyServer;
  let gitlab: KeyServer;
  let entra: KeyServer;
  let okta: KeyServer;
  let key: TestKey;
  let identity: Identity;
  let fixture: Fixture;

  beforeAll(async () => {
    key = await newKey('k1');
    [github, gitlab, okta] = await Promise.all([
      startKeyServer(),
      startKeyServer(),
      startKeyServer(),
    ]);
    entra = await startKeyServer({ issuerPath: '/{tenantid}/v2.0' });
    for (const each of [github, gitlab, entra, okta]) each.state.keys = [key.publicJwk];
    const runs = (server: KeyServer, over: Partial<IssuerConfig>) =>
      oidcIssuer(server, {
        use: ['workloads'],
        teams: null,
        roles: [],
        ...over,
      });
    const config = configOf([
      entraIssuer(entra),
      runs(github, {
        id: 'github',
        actorClaim: 'actor_id',
        claims: ['repository_id'],
        keyClaims: ['repository_owner_id', 'repository_id'],
      }),
      runs(gitlab, {
        id: 'gitlab',
        actorClaim: 'user_id',
        claims: ['project_id'],
        keyClaims: ['namespace_id', 'project_id'],
      }),
      oidcIssuer(okta, { id: 'okta', use: ['people'], teams: null }),
    ]);
    identity = createIdentity({
      config: {
        ...config,
        identity: {
          ...config.identity,
          links: [
            [
              { issuer: 'entra', tenant: TENANT, objectId: AMARA },
              { issuer: 'github', actor: '583231' },
              { issuer: 'gitlab', actor: '42' },
              { issuer: 'okta', subject: '00u-amara' },
            ],
          ],
        },
      },
      clock,
      log,
    });
  });
  afterAll(() => Promise.all([github, gitlab, entra, okta].map((server) => server.stop())));
  beforeEach(async () => {
    fixture = await openFixture();
    fixture.workflows = [
      workflow({
        request: {
          roles: ['approver'],
          workloads: [
            { issuer: 'github', claims: { repository_id: '2' } },
            { issuer: 'gitlab', claims: { project_id: '7' } },
          ],
        },
      }),
    ];
  });
  afterEach(() => fixture.close());

  const now = () => Math.floor(clock.now() / 1_000);
  const times = () => ({ iat: now(), nbf: now(), exp: now() + 600 });
  const githubToken = (over: Claims = {}) =>
    sign(key, {
      iss: github.state.issuer,
      aud: API,
      sub: 'repo:contoso/checkout:environment:production',
      repository: 'contoso/checkout',
      repository_id: '2',
      repository_owner_id: '1',
      actor: 'amara',
      actor_id: '583231',
      jti: `run-${Math.random()}`,
      ...times(),
      ...over,
    });
  const gitlabToken = (over: Claims = {}) =>
    sign(key, {
      iss: gitlab.state.issuer,
      aud: API,
      sub: 'project_path:contoso/checkout:ref:main',
      project_id: '7',
      namespace_id: '3',
      user_id: '42',
      jti: `job-${Math.random()}`,
      ...times(),
      ...over,
    });
  const amara = async () =>
    identity.verifyBearer(
      await sign(key, personClaims(`${entra.base}/${TENANT}/v2.0`, clock.now())),
    );
  const amaraAtOkta = async () =>
    identity.verifyBearer(
      await sign(key, {
        iss: okta.state.issuer,
        aud: API,
        sub: '00u-amara',
        scp: ['approve'],
        cid: 'spa',
        roles: ['approver'],
        ...times(),
      }),
    );
  const ask = async (token: string) => {
    const result = await fixture.app.submitRequest({
      workflow: 'deploy-production',
      by: await identity.verifyBearer(token),
      fields: { service: 'checkout' },
      reason: null,
      idempotencyKey: null,
      teams: null,
    });
    if (result.kind === 'refused') throw new Error(result.refusal.code);
    return result.request.id;
  };
  const answerOf = async (id: string, by: Principal) => {
    const result = await approve(fixture, id, by);
    return result.kind === 'refused' ? result.refusal.code : result.kind;
  };

  test('Amara cannot approve a GitHub run that she started', async () => {
    const id = await ask(await githubToken());
    expect(await answerOf(id, await amara())).toBe('own_request');
    expect(await answerOf(id, await amaraAtOkta())).toBe('own_request');
    const ben = principal({ key: 'local|ben', roles: ['approver'] });
    expect(await answerOf(id, ben)).toBe('decided');
  });

  test('Amara cannot approve it with an identity of a third provider without a link either', async () => {
    const elsewhere = {
      ...(await amara()),
      key: `other|${TENANT}|${AMARA}`,
      provider: 'other',
      linkedIdentities: [],
    };
    for (const token of [githubToken(), gitlabToken()]) {
      expect(await answerOf(await ask(await token), elsewhere)).toBe('own_request');
    }
  });

  test('one Teams person is one principal, however a provider spells the ids', async () => {
    const by = await amara();
    const asker = { ...by, key: 'other|a', objectId: AMARA.toUpperCase(), linkedIdentities: [] };
    const result = await fixture.app.submitRequest({
      workflow: 'deploy-production',
      by: asker,
      fields: { service: 'checkout' },
      reason: null,
      idempotencyKey: null,
      teams: null,
    });
    if (result.kind === 'refused') throw new Error(result.refusal.code);
    expect(await answerOf(result.request.id, by)).toBe('own_request');
  });

  test('Amara cannot approve a GitLab job that she started', async () => {
    expect(await answerOf(await ask(await gitlabToken()), await amara())).toBe('own_request');
  });

  test('Amara can approve a run that somebody else started', async () => {
    expect(await answerOf(await ask(await githubToken({ actor_id: '9' })), await amara())).toBe(
      'decided',
    );
  });

  test('the actor is compared by id, not by name', async () => {
    const id = await ask(await githubToken({ actor: 'somebody-else' }));
    expect(await answerOf(id, await amara())).toBe('own_request');
    expect(
      await answerOf(
        await ask(await githubToken({ actor: 'amara', actor_id: '9' })),
        await amara(),
      ),
    ).toBe('decided');
  });

  test('the audit log records the actor', async () => {
    await ask(await githubToken());
    const [event] = await eventsOf(fixture, 'request.submitted');
    expect(event?.data['requesterLinkedIdentities']).toContain('actor:github|583231');
  });

  test.each([
    ['missing', undefined, 'token_claim_missing'],
    ['empty', '', 'token_claim_invalid'],
    ['an array', ['583231', '9'], 'token_claim_invalid'],
    ['null', null, 'token_claim_invalid'],
    ['with a separator', 'x|583231', 'token_claim_invalid'],
  ])(
    'refuses an actor that is %s, as self-approval could not be detected',
    async (_n, id, code) => {
      expect(await codeOf(identity.verifyBearer(await githubToken({ actor_id: id })))).toBe(code);
    },
  );

  test('an actor written as a number is the same actor', async () => {
    const id = await ask(await githubToken({ actor_id: 583231 }));
    expect(await answerOf(id, await amara())).toBe('own_request');
  });

  test('Amara cannot approve with a linked identity what she requested', async () => {
    const result = await fixture.app.submitRequest({
      workflow: 'deploy-production',
      by: await amaraAtOkta(),
      fields: { service: 'checkout' },
      reason: null,
      idempotencyKey: null,
      teams: null,
    });
    if (result.kind === 'refused') throw new Error(result.refusal.code);
    expect(await answerOf(result.request.id, await amara())).toBe('own_request');
  });

  test('removing a link later does not allow self-approval', async () => {
    const id = await ask(await githubToken());
    const { linkedIdentities, ...alone } = await amara();
    expect(linkedIdentities).not.toEqual([]);
    expect(await answerOf(id, alone)).toBe('own_request');
  });

  test('two linked identities count once for a quorum', async () => {
    fixture.workflows = [
      workflow({
        request: { roles: ['developer'], workloads: [] },
        stages: [stage({ quorum: 2 })],
      }),
    ];
    const result = await fixture.app.submitRequest({
      workflow: 'deploy-production',
      by: principal({ key: 'local|mia', roles: ['developer'] }),
      fields: { service: 'checkout' },
      reason: null,
      idempotencyKey: null,
      teams: null,
    });
    if (result.kind === 'refused') throw new Error(result.refusal.code);
    const { id } = result.request;
    expect(await answerOf(id, await amara())).toBe('decided');
    const request = await fixture.store.loadRequest(id);
    const again = await fixture.app.decideRequest({
      id,
      by: await amaraAtOkta(),
      word: 'approve',
      stage: 'stage-1',
      after: null,
      reason: null,
      teams: null,
      digest: request?.digest ?? '',
      revision: 1,
      origin: {
        via: 'api',
        tenant: null,
        objectId: null,
        activityId: null,
        conversationId: null,
        exchangeId: null,
      },
    });
    expect(again).toMatchObject({
      kind: 'uncounted',
      decision: { approver: { key: request?.decisions[0]?.approver.key } },
    });
    expect((await fixture.store.loadRequest(id))?.state).toBe('pending');
  });

  test('a link transfers no role, right or request', async () => {
    const id = await ask(await githubToken());
    const plain = await identity.verifyBearer(
      await sign(key, {
        iss: okta.state.issuer,
        aud: API,
        sub: '00u-amara',
        scp: ['x'],
        cid: 'spa',
        ...times(),
      }),
    );
    expect(plain.roles).toEqual([]);
    expect(await fixture.app.readRequest({ id, by: plain })).toBeUndefined();
    expect((await fixture.app.cancelRequest({ id, by: plain })).kind).toBe('refused');
  });

  describe('the owner of a pipeline (GitHub, both forms of `sub`)', () => {
    const keyOf = async (over: Claims) =>
      (await identity.verifyBearer(await githubToken(over))).key;

    test('the form with ids and the form without are one principal', async () => {
      expect(await keyOf({ sub: 'repo:contoso@1/checkout@2:environment:production' })).toBe(
        await keyOf({}),
      );
    });

    test('a repository that took over the name is another principal', async () => {
      expect(await keyOf({ repository_id: '999' })).not.toBe(await keyOf({}));
      expect(await keyOf({ repository_owner_id: '999' })).not.toBe(await keyOf({}));
    });

    test('another environment or branch is another principal', async () => {
      expect(await keyOf({ sub: 'repo:contoso/checkout:ref:refs/heads/main' })).not.toBe(
        await keyOf({}),
      );
    });

    test.each([
      ['repo:contoso@1/checkout@999:environment:production'],
      ['repo:contoso@999/checkout@2:environment:production'],
    ])('refuses %s that contradicts the ids', async (sub) => {
      expect(await codeOf(identity.verifyBearer(await githubToken({ sub })))).toBe(
        'token_claim_invalid',
      );
    });

    test.each([['repository_id'], ['repository_owner_id']])(
      'refuses a token without %s',
      async (id) => {
        expect(await codeOf(identity.verifyBearer(await githubToken({ [id]: undefined })))).toBe(
          'token_claim_missing',
        );
      },
    );

    test("a very long branch name gives a key within the store's limit", async () => {
      const long = { sub: `repo:contoso/checkout:ref:refs/heads/${'b'.repeat(900)}` };
      const found = await keyOf(long);
      expect(found.length).toBeLessThan(320);
      expect(found).not.toBe(await keyOf({ sub: `${long.sub}c` }));
    });
  });

  describe('app-only tokens of other providers never stand for people', () => {
    const row = (claims: Claims) =>
      sign(key, {
        iss: okta.state.issuer,
        aud: API,
        roles: ['approver'],
        ...times(),
        ...claims,
      });
    test.each([
      ['Okta: the subject is the client (cid)', { sub: '0oa1', cid: '0oa1', scp: ['approve'] }],
      ['Auth0: <client>@clients', { sub: 'abc@clients', azp: 'abc', scope: 'approve' }],
      ['Auth0: gty', { sub: 'abc', gty: 'client-credentials' }],
      [
        'Keycloak: a service account',
        { sub: 'f00', azp: 'ci', preferred_username: 'service-account-ci' },
      ],
      ['RFC 9068 2.2: sub is client_id', { sub: 'ci', client_id: 'ci' }],
      ["Google: a service account's azp", { sub: '1098', azp: '1098', email: 'ci@x.iam' }],
    ])('%s', async (_name, claims) => {
      expect(await codeOf(identity.verifyBearer(await row(claims)))).toBe(
        'token_kind_not_accepted',
      );
    });
  });
});
