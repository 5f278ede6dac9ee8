/** Audiences and issuers that providers write in their own way: only where configured. */
import { decodeJwt } from 'jose';
import type { IssuerConfig } from '../../src/config/config.ts';
import { createVerifier } from '../../src/identity/tokens/verify-token.ts';
import type { Purpose } from '../../src/identity/tokens/verify-token.ts';
import {
  API,
  codeOf,
  configOf,
  log,
  newKey,
  oidcIssuer,
  personClaims,
  sign,
  startKeyServer,
  turnableClock,
  workloadClaims,
} from '../unit/identity/kit.ts';
import type { Claims, KeyServer, TestKey } from '../unit/identity/kit.ts';
import { cookieOf, startSignInWorld } from '../unit/identity/sign-in-world.ts';
import type { SignInWorld } from '../unit/identity/sign-in-world.ts';

const clock = turnableClock();
let server: KeyServer;
let key: TestKey;

beforeAll(async () => {
  [server, key] = await Promise.all([startKeyServer(), newKey('k1')]);
  server.state.keys = [key.publicJwk];
});
afterAll(() => server.stop());

const BEARER: Purpose = { kind: 'bearer' };
const SIGN_IN: Purpose = { kind: 'sign-in', provider: 'idp', clientId: 'ours', nonce: 'n' };
const verify = async (over: Partial<IssuerConfig>, claims: Claims, purpose: Purpose) => {
  const config = configOf([oidcIssuer(server, over)]);
  const text = await sign(key, personClaims(server.state.issuer, clock.now(), claims));
  return createVerifier({ config, clock, log }).verify(text, purpose);
};
const judge = (over: Partial<IssuerConfig>, claims: Claims, purpose: Purpose) =>
  codeOf(verify(over, claims, purpose));

describe('further audiences of an ID token (Zitadel)', () => {
  const further = { furtherAudiences: ['project', 'portal'] };
  const idToken = (over: Claims): Claims => ({ nonce: 'n', scp: undefined, azp: 'ours', ...over });

  test.each<[string, Claims]>([
    ['ours alone', { aud: 'ours', azp: undefined }],
    ['ours in an array', { aud: ['ours'] }],
    ['ours first', { aud: ['ours', 'project'] }],
    ['ours last, and both others', { aud: ['portal', 'project', 'ours'] }],
  ])('accepts %s', async (_name, over) => {
    const { principal } = await verify(further, idToken(over), SIGN_IN);
    expect(principal.token.audience).toBe('ours');
  });

  test.each<[string, Claims]>([
    ['another one that is not listed', { aud: ['ours', 'project', 'attacker'] }],
    ['no azp', { aud: ['ours', 'project'], azp: undefined }],
    ['azp of another client', { aud: ['ours', 'project'], azp: 'portal' }],
    ['client_id in place of azp', { aud: ['ours', 'project'], azp: undefined, client_id: 'ours' }],
    ['the listed ones without ours', { aud: ['project', 'portal'] }],
    ['a listed one alone', { aud: 'project' }],
    ['ours twice', { aud: ['ours', 'ours'] }],
    ['a listed one twice', { aud: ['ours', 'project', 'project'] }],
    ['a nested list', { aud: ['ours', ['project']] }],
    ['an inherited name', { aud: ['ours', 'toString'] }],
  ])('refuses %s', async (_name, over) => {
    expect(await judge(further, idToken(over), SIGN_IN)).toBe('token_audience');
  });

  test('refuses them where none is listed', async () => {
    expect(await judge({}, idToken({ aud: ['ours', 'project'] }), SIGN_IN)).toBe('token_audience');
  });

  test('refuses them in access tokens, whose other holders could send them here', async () => {
    for (const aud of [[API, 'project'], 'project']) {
      expect(await judge(further, { aud, azp: API }, BEARER)).toBe('token_audience');
    }
  });
});

describe('tokens without aud (Amazon Cognito)', () => {
  const cognito = { audienceClaim: 'client_id', audiences: ['app-1'] } as const;
  const access = (over: Claims = {}): Claims => ({
    aud: undefined,
    azp: undefined,
    scp: undefined,
    client_id: 'app-1',
    token_use: 'access',
    auth_time: clock.now() / 1_000,
    ...over,
  });

  test('accepts an access token of a listed client', async () => {
    const { principal } = await verify(cognito, access(), BEARER);
    expect(principal).toMatchObject({ kind: 'person', token: { audience: 'app-1' } });
  });

  test('reads client credentials as a workload', async () => {
    const claims = access({ sub: 'app-1', auth_time: undefined, oid: undefined });
    const { principal } = await verify(cognito, claims, BEARER);
    expect(principal).toMatchObject({ kind: 'workload', key: 'idp|app-1' });
  });

  test.each<[string, string, Claims]>([
    ['another client', 'token_audience', { client_id: 'app-2' }],
    ['no client', 'token_claim_missing', { client_id: undefined }],
    ['a list of clients', 'token_claim_invalid', { client_id: ['app-1'] }],
    ['an ID token', 'token_is_id_token', { token_use: 'id', aud: 'app-1', client_id: undefined }],
    ['an ID token without aud', 'token_audience', { token_use: 'id' }],
    ['no token_use', 'token_audience', { token_use: undefined }],
    ['token_use in a list', 'token_audience', { token_use: ['access'] }],
    ['an aud of another service beside it', 'token_audience', { aud: 'api://other' }],
    ['an aud of null beside it', 'token_audience', { aud: null }],
    ['an empty aud beside it', 'token_audience', { aud: [] }],
  ])('refuses %s: %s', async (_name, code, over) => {
    expect(await judge(cognito, access(over), BEARER)).toBe(code);
  });

  test('refuses them where it is not configured', async () => {
    expect(await judge({ audiences: ['app-1'] }, access(), BEARER)).toBe('token_claim_missing');
  });

  test('refuses them at a click and at the sign-in', async () => {
    const audiences = new Set(['app-1']);
    const click: Purpose = { kind: 'single-sign-on', provider: 'idp', audiences };
    expect(await judge(cognito, access(), click)).toBe('token_claim_missing');
    const callback: Purpose = { ...SIGN_IN, clientId: 'app-1' };
    expect(await judge(cognito, access({ nonce: 'n' }), callback)).toBe('token_claim_missing');
    const withAud = access({ nonce: 'n', aud: 'app-1' });
    expect(await judge(cognito, withAud, callback)).toBe('token_claim_invalid');
  });

  test('accepts its ID token at the sign-in', async () => {
    const claims = access({ nonce: 'n', aud: 'app-1', client_id: undefined, token_use: 'id' });
    expect(await judge(cognito, claims, { ...SIGN_IN, clientId: 'app-1' })).toBe('accepted');
  });
});

describe('access tokens of another issuer than discovery names (ADFS)', () => {
  const TRUST = 'http://sts.contoso.example/adfs/services/trust';
  const adfs = { accessTokenIssuer: TRUST };
  const idToken = { nonce: 'n', aud: 'ours', azp: 'ours', scp: undefined };

  test('accepts an access token of that issuer, and an ID token of the other', async () => {
    const { principal } = await verify(adfs, { iss: TRUST }, BEARER);
    expect(principal).toMatchObject({ provider: 'idp', token: { issuer: TRUST } });
    expect(await judge(adfs, idToken, SIGN_IN)).toBe('accepted');
  });

  test('accepts a workload of that issuer', async () => {
    const config = configOf([oidcIssuer(server, adfs)]);
    const text = await sign(key, workloadClaims(TRUST, clock.now()));
    const verifier = createVerifier({ config, clock, log });
    expect((await verifier.verify(text, BEARER)).principal.kind).toBe('workload');
  });

  test.each<[string, Claims, Purpose]>([
    ['an ID token of it', { ...idToken, iss: TRUST }, SIGN_IN],
    ['an access token of the discovery issuer', {}, BEARER],
    ['the name with a slash', { iss: `${TRUST}/` }, BEARER],
    ['the name in capitals', { iss: TRUST.toUpperCase() }, BEARER],
    ['the name over https', { iss: TRUST.replace('http:', 'https:') }, BEARER],
  ])('refuses %s', async (_name, claims, purpose) => {
    expect(await judge(adfs, claims, purpose)).toBe('token_issuer_unknown');
  });

  test('refuses that issuer where it is not configured', async () => {
    expect(await judge({}, { iss: TRUST }, BEARER)).toBe('token_issuer_unknown');
  });

  test('takes keys of the issuer whose document it is only', async () => {
    const stranger = await newKey('k1');
    const config = configOf([oidcIssuer(server, adfs)]);
    const text = await sign(stranger, personClaims(TRUST, clock.now()));
    const verifier = createVerifier({ config, clock, log });
    expect(await codeOf(verifier.verify(text, BEARER))).toBe('token_signature_invalid');
  });

  test.each(['http://127.0.0.1:9', 'http://127.0.0.1:9/'])(
    'rejects our own address as that issuer: %s',
    (accessTokenIssuer) => {
      const config = configOf([oidcIssuer(server, { accessTokenIssuer })]);
      expect(() => createVerifier({ config, clock, log })).toThrow(/our own address/);
    },
  );

  test("rejects another issuer's name", () => {
    const issuers = [oidcIssuer(server, adfs), oidcIssuer(server, { id: 'other', issuer: TRUST })];
    expect(() => createVerifier({ config: configOf(issuers), clock, log })).toThrow(
      /two of them have the issuer/,
    );
  });
});

describe('at the sign-in button, over the wire', () => {
  let world: SignInWorld;
  beforeAll(async () => {
    world = await startSignInWorld({ issuer: { furtherAudiences: ['project'] } });
  });
  afterAll(() => world.stop());

  test.each<[string, Claims]>([
    ['accepted', { aud: ['countersign', 'project'], azp: 'countersign' }],
    ['sign_in_refused', { aud: ['countersign', 'project'], azp: undefined }],
    ['token_audience', { aud: ['countersign', 'attacker'], azp: 'countersign' }],
  ])('%s: %j', async (code, over) => {
    const link = await world.linkFor('amara');
    const { redirectTo, setCookie } = await world.signIn.begin({ link });
    const back = new URL(await world.signInAt(redirectTo, 'amara'));
    world.wire.tamper = async (url, response) => {
      if (!url.endsWith('/token')) return response;
      const body = (await response.json()) as Record<string, unknown>;
      const claims = { ...decodeJwt(String(body.id_token)), ...over };
      return Response.json({ ...body, id_token: await world.provider.forge({ claims }) });
    };
    const finished = world.signIn.finish({
      query: back.searchParams,
      cookie: cookieOf(setCookie),
    });
    expect(await codeOf(finished)).toBe(code);
  });
});
