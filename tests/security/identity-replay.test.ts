/**
 * Tokens used twice, and people behind pipelines. Sources: RFC 7519 4.1.7 (`jti`), Entra's `uti`,
 * draft-ietf-httpapi-idempotency-key-header, RFC 8725 3.9, GitHub's, GitLab's and Azure DevOps' OIDC
 * references (claims of workload tokens), ASVS 5 9.2 and 2.3.4 (replay, separation of duties),
 * OWASP CICD-SEC-1 (insufficient flow control).
 */
import type { IssuerConfig } from '../../src/config/config.ts';
import type { Principal } from '../../src/domain/principal.ts';
import { createIdentity } from '../../src/identity/identity.ts';
import { createApp } from '../../src/usecases/app.ts';
import type { App } from '../../src/usecases/app-port.ts';
import type { Identity } from '../../src/usecases/ports.ts';
import {
  AMARA, API, TENANT, codeOf, configOf, entraIssuer, log, newKey, oidcIssuer, personClaims, sign,
  startKeyServer, turnableClock,
} from '../unit/identity/kit.ts';
import type { Claims, KeyServer, TestKey } from '../unit/identity/kit.ts';
import { approve, openHouse } from '../unit/usecases/house.ts';
import type { House } from '../unit/usecases/house.ts';
import { principal, stage, workflow } from '../support/builders.ts';

const pipeline = (tokenId: string | null, over: Partial<Principal> = {}): Principal => {
  const base = principal({ key: 'github|1|2|repo:contoso/checkout', kind: 'workload',
    provider: 'github', tenant: null, objectId: null, claims: { repository_id: '2' } });
  return { ...base, token: { ...base.token, tokenId, digest: `digest of ${tokenId}` }, ...over };
};
const open_ = { workloads: [{ issuer: 'github', claims: { repository_id: '2' } }] };

describe('a token makes one request', () => {
  let house: House;
  let replica: App;
  beforeEach(async () => {
    house = await openHouse();
    replica = createApp(house.deps);
    house.workflows = [workflow({ request: { roles: ['developer'], ...open_ } })];
  });
  afterEach(() => house.close());

  const submit = async (
    by: Principal, over: { key?: string; service?: string; app?: App } = {},
  ): Promise<string> => {
    const { app = house.app, key = null, service = 'checkout' } = over;
    const result = await app.submitRequest({
      workflow: 'deploy-production', by, fields: { service }, reason: null, idempotencyKey: key,
      teams: null,
    });
    return result.kind === 'refused' ? result.refusal.code : result.kind;
  };

  test('the same token again, here and at another replica', async () => {
    expect(await submit(pipeline('jti-1'))).toBe('submitted');
    expect(await submit(pipeline('jti-1'))).toBe('token_replayed');
    expect(await submit(pipeline('jti-1'), { app: replica })).toBe('token_replayed');
  });

  test('ten at the same moment on two replicas: one of them', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, (_, at) =>
      submit(pipeline('jti-1'), { app: at % 2 ? house.app : replica })));
    expect(answers.sort()).toEqual(['submitted', ...Array.from({ length: 9 }, () =>
      'token_replayed')]);
  });

  test('with the same Idempotency-Key the first answer comes back, and no replay', async () => {
    expect(await submit(pipeline('jti-1'), { key: 'run-1' })).toBe('submitted');
    expect(await submit(pipeline('jti-1'), { key: 'run-1', app: replica })).toBe('repeated');
  });

  test('the same key with a new token of the pipeline is a repeat too', async () => {
    expect(await submit(pipeline('jti-1'), { key: 'run-1' })).toBe('submitted');
    expect(await submit(pipeline('jti-2'), { key: 'run-1' })).toBe('repeated');
  });

  test('another key does not make it another token', async () => {
    expect(await submit(pipeline('jti-1'), { key: 'run-1' })).toBe('submitted');
    expect(await submit(pipeline('jti-1'), { key: 'run-2' })).toBe('token_replayed');
  });

  test('the same key with other content is told as such', async () => {
    expect(await submit(pipeline('jti-1'), { key: 'run-1' })).toBe('submitted');
    expect(await submit(pipeline('jti-1'), { key: 'run-1', service: 'billing' }))
      .toBe('idempotency_mismatch');
  });

  test('a token without an id is known by what it says', async () => {
    const nameless = (digest: string) => {
      const by = pipeline(null);
      return { ...by, token: { ...by.token, digest } };
    };
    expect(await submit(nameless('a'))).toBe('submitted');
    expect(await submit(nameless('b'))).toBe('submitted');
    expect(await submit(nameless('a'))).toBe('token_replayed');
  });

  test('one id at two issuers is two tokens', async () => {
    const other = pipeline('jti-1');
    expect(await submit(pipeline('jti-1'))).toBe('submitted');
    expect(await submit({ ...other, token: { ...other.token, issuer: 'https://other' } }))
      .toBe('submitted');
  });

  test('what was refused used nothing up', async () => {
    expect(await submit(pipeline('jti-1'), { service: '' })).toBe('field_missing');
    expect(await submit(pipeline('jti-1'))).toBe('submitted');
  });

  test('it stays used until nobody would take it any more, past its expiry', async () => {
    const by = pipeline('jti-1');
    expect(await submit(by)).toBe('submitted');
    await house.store.purge(by.token.expiresAt + 5 * 60_000, 1_000);
    expect(await submit(by)).toBe('token_replayed');
    await house.store.purge(by.token.expiresAt + 10 * 60_000, 1_000);
    expect(await submit(by)).toBe('submitted');
  });

  test('a person\'s token may be used again, unless the workflow says otherwise', async () => {
    const mia = principal({ key: 'local|mia', roles: ['developer'] });
    expect([await submit(mia), await submit(mia)]).toEqual(['submitted', 'submitted']);
    house.workflows = [workflow({ singleUse: 'everybody' })];
    const other = { ...mia, token: { ...mia.token, tokenId: 'fresh' } };
    expect([await submit(other), await submit(other)]).toEqual(['submitted', 'token_replayed']);
  });

  test('nobody\'s, where the workflow says so', async () => {
    house.workflows = [workflow({ singleUse: 'nobody', request: { roles: [], ...open_ } })];
    expect([await submit(pipeline('jti-1')), await submit(pipeline('jti-1'))])
      .toEqual(['submitted', 'submitted']);
  });

  describe('where people\'s tokens count once', () => {
    const ben = principal({ key: 'local|ben', roles: ['approver', 'developer'] });
    const mia = principal({ key: 'local|mia', roles: ['developer'] });
    const fresh = (by: Principal, tokenId: string): Principal =>
      ({ ...by, token: { ...by.token, tokenId } });
    const ask = async (tokenId: string) => {
      const result = await house.app.submitRequest({
        workflow: 'deploy-production', by: fresh(mia, tokenId), fields: { service: 'checkout' },
        reason: null, idempotencyKey: null, teams: null,
      });
      if (result.kind === 'refused') throw new Error(result.refusal.code);
      return result.request.id;
    };
    const kindOf = async (answer: ReturnType<typeof approve>) => {
      const result = await answer;
      return result.kind === 'refused' ? result.refusal.code : result.kind;
    };
    beforeEach(() => {
      house.workflows = [workflow({
        singleUse: 'everybody', stages: [stage(), stage({ name: 'Second', roles: ['developer'] })],
      })];
    });

    test('one decision a token; its repeat gets the first answer', async () => {
      const [one, two] = [await ask('a'), await ask('b')];
      const request = await house.store.loadRequest(one);
      const decide = () => house.app.decideRequest({
        id: one, by: fresh(ben, 'c'), decision: 'approve', reason: null, teams: null,
        digest: request?.digest ?? '', revision: 1,
        channel: { via: 'api', tenant: null, objectId: null, activityId: null,
          conversationId: null, exchangeId: null },
      });
      expect(await kindOf(decide())).toBe('decided');
      expect(await kindOf(decide())).toBe('repeated');
      expect(await kindOf(approve(house, two, fresh(ben, 'c')))).toBe('token_replayed');
      expect((await house.store.loadRequest(two))?.decisions).toEqual([]);
      expect(await kindOf(approve(house, two, fresh(ben, 'd')))).toBe('decided');
    });

    test('not for the next stage either', async () => {
      const id = await ask('a');
      expect(await kindOf(approve(house, id, fresh(ben, 'c')))).toBe('decided');
      expect(await kindOf(approve(house, id, fresh(ben, 'c')))).toBe('token_replayed');
    });

    test('a token that asked does not decide', async () => {
      const id = await ask('a');
      await house.app.submitRequest({
        workflow: 'deploy-production', by: fresh(ben, 'c'), fields: { service: 'billing' },
        reason: null, idempotencyKey: null, teams: null,
      });
      expect(await kindOf(approve(house, id, fresh(ben, 'c')))).toBe('token_replayed');
    });

    test('two replicas, two requests, one token, the same moment: one decision', async () => {
      const ids = [await ask('a'), await ask('b')];
      const answers = await Promise.all(ids.map((id) =>
        kindOf(approve(house, id, fresh(ben, 'c')))));
      expect(answers.sort()).toEqual(['decided', 'token_replayed']);
    });
  });
});

describe('the human behind a pipeline', () => {
  const clock = turnableClock();
  let github: KeyServer;
  let gitlab: KeyServer;
  let entra: KeyServer;
  let okta: KeyServer;
  let key: TestKey;
  let identity: Identity;
  let house: House;

  beforeAll(async () => {
    key = await newKey('k1');
    [github, gitlab, okta] = await Promise.all([
      startKeyServer(), startKeyServer(), startKeyServer(),
    ]);
    entra = await startKeyServer({ issuerPath: '/{tenantid}/v2.0' });
    for (const each of [github, gitlab, entra, okta]) each.state.keys = [key.publicJwk];
    const runs = (server: KeyServer, over: Partial<IssuerConfig>) => oidcIssuer(server, {
      use: ['workloads'], teams: null, roles: [], ...over,
    });
    const config = configOf([
      entraIssuer(entra),
      runs(github, { id: 'github', actorClaim: 'actor_id', claims: ['repository_id'],
        keyClaims: ['repository_owner_id', 'repository_id'] }),
      runs(gitlab, { id: 'gitlab', actorClaim: 'user_id', claims: ['project_id'],
        keyClaims: ['namespace_id', 'project_id'] }),
      oidcIssuer(okta, { id: 'okta', use: ['people'], teams: null }),
    ]);
    identity = createIdentity({
      config: {
        ...config,
        identity: { ...config.identity, links: [[
          { issuer: 'entra', tenant: TENANT, objectId: AMARA },
          { issuer: 'github', actor: '583231' },
          { issuer: 'gitlab', actor: '42' },
          { issuer: 'okta', subject: '00u-amara' },
        ]] },
      },
      clock, log,
    });
  });
  afterAll(() => Promise.all([github, gitlab, entra, okta].map((server) => server.stop())));
  beforeEach(async () => {
    house = await openHouse();
    house.workflows = [workflow({ request: { roles: ['approver'], workloads: [
      { issuer: 'github', claims: { repository_id: '2' } },
      { issuer: 'gitlab', claims: { project_id: '7' } },
    ] } })];
  });
  afterEach(() => house.close());

  const now = () => Math.floor(clock.now() / 1_000);
  const times = () => ({ iat: now(), nbf: now(), exp: now() + 600 });
  const githubToken = (over: Claims = {}) => sign(key, {
    iss: github.state.issuer, aud: API, sub: 'repo:contoso/checkout:environment:production',
    repository: 'contoso/checkout', repository_id: '2', repository_owner_id: '1',
    actor: 'amara', actor_id: '583231', jti: `run-${Math.random()}`, ...times(), ...over,
  });
  const gitlabToken = (over: Claims = {}) => sign(key, {
    iss: gitlab.state.issuer, aud: API, sub: 'project_path:contoso/checkout:ref_type:branch:ref:main',
    project_id: '7', namespace_id: '3', user_id: '42', jti: `job-${Math.random()}`, ...times(),
    ...over,
  });
  const amara = async () => identity.verifyBearer(
    await sign(key, personClaims(`${entra.base}/${TENANT}/v2.0`, clock.now())));
  const amaraAtOkta = async () => identity.verifyBearer(await sign(key, {
    iss: okta.state.issuer, aud: API, sub: '00u-amara', scp: ['approve'], cid: 'spa',
    roles: ['approver'], ...times(),
  }));
  const ask = async (token: string) => {
    const result = await house.app.submitRequest({
      workflow: 'deploy-production', by: await identity.verifyBearer(token),
      fields: { service: 'checkout' }, reason: null, idempotencyKey: null, teams: null,
    });
    if (result.kind === 'refused') throw new Error(result.refusal.code);
    return result.request.id;
  };
  const answerOf = async (id: string, by: Principal) => {
    const result = await approve(house, id, by);
    return result.kind === 'refused' ? result.refusal.code : result.kind;
  };

  test('a GitHub run that Amara started is not approved by Amara', async () => {
    const id = await ask(await githubToken());
    expect(await answerOf(id, await amara())).toBe('own_request');
    expect(await answerOf(id, await amaraAtOkta())).toBe('own_request');
    const ben = principal({ key: 'local|ben', roles: ['approver'] });
    expect(await answerOf(id, ben)).toBe('decided');
  });

  test('nor a GitLab job', async () => {
    expect(await answerOf(await ask(await gitlabToken()), await amara())).toBe('own_request');
  });

  test('one that somebody else started, she may', async () => {
    expect(await answerOf(await ask(await githubToken({ actor_id: '9' })), await amara()))
      .toBe('decided');
  });

  test('the actor\'s number decides, never the name', async () => {
    const id = await ask(await githubToken({ actor: 'somebody-else' }));
    expect(await answerOf(id, await amara())).toBe('own_request');
    expect(await answerOf(await ask(await githubToken({ actor: 'amara', actor_id: '9' })),
      await amara())).toBe('decided');
  });

  test('the audit log holds who it was', async () => {
    await ask(await githubToken());
    const [event] = (await house.store.unsealedEvents(10))
      .filter(({ type }) => type === 'request.submitted');
    expect(event?.data['requesterAliases']).toContain('actor:github|583231');
  });

  test.each([
    ['missing', undefined, 'token_claim_missing'], ['empty', '', 'token_claim_invalid'],
    ['a list', ['583231', '9'], 'token_claim_invalid'], ['null', null, 'token_claim_invalid'],
    ['with a separator', 'x|583231', 'token_claim_invalid'],
  ])('an actor that is %s is refused: nobody could be kept apart from it', async (_n, id, code) => {
    expect(await codeOf(identity.verifyBearer(await githubToken({ actor_id: id })))).toBe(code);
  });

  test('an actor written as a number is the same one', async () => {
    const id = await ask(await githubToken({ actor_id: 583231 }));
    expect(await answerOf(id, await amara())).toBe('own_request');
  });

  test('Amara asks as one identity and decides as a linked one: no', async () => {
    const result = await house.app.submitRequest({
      workflow: 'deploy-production', by: await amaraAtOkta(), fields: { service: 'checkout' },
      reason: null, idempotencyKey: null, teams: null,
    });
    if (result.kind === 'refused') throw new Error(result.refusal.code);
    expect(await answerOf(result.request.id, await amara())).toBe('own_request');
  });

  test('a link that was taken away later does not open what was asked under it', async () => {
    const id = await ask(await githubToken());
    const { aliases, ...alone } = await amara();
    expect(aliases).not.toEqual([]);
    expect(await answerOf(id, alone)).toBe('own_request');
  });

  test('two linked identities are one voice of a quorum', async () => {
    house.workflows = [workflow({
      request: { roles: ['developer'], workloads: [] }, stages: [stage({ quorum: 2 })],
    })];
    const result = await house.app.submitRequest({
      workflow: 'deploy-production', by: principal({ key: 'local|mia', roles: ['developer'] }),
      fields: { service: 'checkout' }, reason: null, idempotencyKey: null, teams: null,
    });
    if (result.kind === 'refused') throw new Error(result.refusal.code);
    const { id } = result.request;
    expect(await answerOf(id, await amara())).toBe('decided');
    const request = await house.store.loadRequest(id);
    const again = await house.app.decideRequest({
      id, by: await amaraAtOkta(), decision: 'approve', reason: null, teams: null,
      digest: request?.digest ?? '', revision: 1,
      channel: { via: 'api', tenant: null, objectId: null, activityId: null, conversationId: null,
        exchangeId: null },
    });
    expect(again.kind).toBe('repeated');
    expect((await house.store.loadRequest(id))?.state).toBe('pending');
  });

  test('a link passes no role, right or request on', async () => {
    const id = await ask(await githubToken());
    const plain = await identity.verifyBearer(await sign(key, {
      iss: okta.state.issuer, aud: API, sub: '00u-amara', scp: ['x'], cid: 'spa', ...times(),
    }));
    expect(plain.roles).toEqual([]);
    expect(await house.app.readRequest({ id, by: plain })).toBeUndefined();
    expect((await house.app.cancelRequest({ id, by: plain })).kind).toBe('refused');
  });

  describe('whose pipeline it is (GitHub, both forms of `sub`)', () => {
    const keyOf = async (over: Claims) =>
      (await identity.verifyBearer(await githubToken(over))).key;

    test('the form with ids is the same principal as the one without', async () => {
      expect(await keyOf({ sub: 'repo:contoso@1/checkout@2:environment:production' }))
        .toBe(await keyOf({}));
    });

    test('a repository that took the name over is another one', async () => {
      expect(await keyOf({ repository_id: '999' })).not.toBe(await keyOf({}));
      expect(await keyOf({ repository_owner_id: '999' })).not.toBe(await keyOf({}));
    });

    test('another environment or branch is another one', async () => {
      expect(await keyOf({ sub: 'repo:contoso/checkout:ref:refs/heads/main' }))
        .not.toBe(await keyOf({}));
    });

    test.each([
      ['repo:contoso@1/checkout@999:environment:production'],
      ['repo:contoso@999/checkout@2:environment:production'],
    ])('%s contradicts the ids beside it', async (sub) => {
      expect(await codeOf(identity.verifyBearer(await githubToken({ sub }))))
        .toBe('token_claim_invalid');
    });

    test.each([['repository_id'], ['repository_owner_id']])('without %s it is nobody', async (id) => {
      expect(await codeOf(identity.verifyBearer(await githubToken({ [id]: undefined }))))
        .toBe('token_claim_missing');
    });

    test('a very long branch still gives a key that stores take', async () => {
      const long = { sub: `repo:contoso/checkout:ref:refs/heads/${'b'.repeat(900)}` };
      const found = await keyOf(long);
      expect(found.length).toBeLessThan(320);
      expect(found).not.toBe(await keyOf({ sub: `${long.sub}c` }));
    });
  });

  describe('app-only tokens by other providers never stand for people', () => {
    const row = (claims: Claims) => sign(key, {
      iss: okta.state.issuer, aud: API, roles: ['approver'], ...times(), ...claims,
    });
    test.each([
      ['Okta: the subject is the client (cid)', { sub: '0oa1', cid: '0oa1', scp: ['approve'] }],
      ['Auth0: <client>@clients', { sub: 'abc@clients', azp: 'abc', scope: 'approve' }],
      ['Auth0: gty', { sub: 'abc', gty: 'client-credentials' }],
      ['Keycloak: a service account',
        { sub: 'f00', azp: 'ci', preferred_username: 'service-account-ci' }],
      ['RFC 9068 2.2: sub is client_id', { sub: 'ci', client_id: 'ci' }],
      ['Google: a service account\'s azp', { sub: '1098', azp: '1098', email: 'ci@x.iam' }],
    ])('%s', async (_name, claims) => {
      expect(await codeOf(identity.verifyBearer(await row(claims))))
        .toBe('token_kind_not_accepted');
    });
  });
});
