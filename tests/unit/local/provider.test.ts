import { mkdtemp, rm, stat } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRemoteJWKSet, decodeJwt, generateKeyPair, jwtVerify } from 'jose';
import { demoBotAppId, demoPeople, demoPipeline, demoTenantId } from '../../../src/local/people.ts';
import { startProvider, type LocalProvider } from '../../../src/local/provider.ts';

const people = demoPeople();
let nowMs = Date.UTC(2026, 10, 20, 12);
let provider: LocalProvider;

beforeAll(async () => {
  provider = await startProvider({
    people,
    serviceUrl: () => 'http://127.0.0.1:9',
    now: () => nowMs,
  });
});
afterAll(() => provider.stop());
beforeEach(() => {
  nowMs = Date.UTC(2026, 10, 20, 12);
});

const verify = (token: string, audience: string) =>
  jwtVerify(token, createRemoteJWKSet(new URL(provider.jwksUri)), {
    issuer: provider.issuer,
    audience,
    algorithms: ['RS256'],
    currentDate: new Date(nowMs),
  });

describe('discovery', () => {
  test('names its endpoints and the iss parameter', async () => {
    const url = `${provider.issuer}/.well-known/openid-configuration`;
    expect(await (await fetch(url)).json()).toMatchObject({
      issuer: provider.issuer,
      jwks_uri: provider.jwksUri,
      token_endpoint: provider.tokenEndpoint,
      authorization_response_iss_parameter_supported: true,
      code_challenge_methods_supported: ['S256'],
      id_token_signing_alg_values_supported: expect.arrayContaining(['RS256']),
    });
  });

  test('publishes no private part of a key', async () => {
    const { keys } = (await (await fetch(provider.jwksUri)).json()) as { keys: object[] };
    expect(keys).toHaveLength(1);
    expect(Object.keys(keys[0] ?? {})).toEqual(
      expect.not.arrayContaining(['d', 'p', 'q', 'dp', 'dq', 'qi']),
    );
  });
});

describe('tokens', () => {
  test('issues single sign-on tokens as Teams does for the bot', async () => {
    const token = await provider.singleSignOnToken('amara');
    const { payload, protectedHeader } = await verify(token, demoBotAppId);
    const amara = people.find(({ id }) => id === 'amara');
    expect(protectedHeader).toMatchObject({ alg: 'RS256', typ: 'JWT', kid: expect.any(String) });
    expect(payload).toEqual({
      iss: provider.issuer,
      aud: demoBotAppId,
      sub: expect.any(String),
      azp: '1fec8e78-bce4-4aaf-ab1b-5451cc387264',
      azpacr: '0',
      scp: 'access_as_user',
      oid: amara?.oid,
      tid: demoTenantId,
      name: 'Amara Okafor',
      department: 'Payments',
      preferred_username: 'amara@contoso.example',
      roles: ['approver'],
      ver: '2.0',
      jti: expect.any(String),
      uti: payload.jti,
      iat: nowMs / 1000,
      nbf: nowMs / 1000,
      exp: nowMs / 1000 + 3_600,
    });
  });

  const bothTokens = async ({ personToken }: LocalProvider) => ({
    bot: decodeJwt(await personToken({ personId: 'mia', audience: 'bot' })),
    api: decodeJwt(await personToken({ personId: 'mia', audience: 'api' })),
  });

  test('issues different tokens of one person for Teams and the API', async () => {
    const { bot, api } = await bothTokens(provider);
    expect(api).toMatchObject({ aud: 'api://countersign', azp: 'countersign-cli', oid: bot.oid });
    expect(api.sub).toBe(bot.sub);
    expect(api.jti).not.toBe(bot.jti);
  });

  test('can issue pairwise subjects, as Entra ID does', async () => {
    const entra = await startProvider({
      people,
      serviceUrl: () => 'http://127.0.0.1:9',
      subjects: 'per-application',
    });
    const { bot, api } = await bothTokens(entra);
    await entra.stop();
    expect(api.oid).toBe(bot.oid);
    expect(api.sub).not.toBe(bot.sub);
  });

  test('leaves a removed role out of the next token', async () => {
    provider.setRoles('kenji', []);
    expect(decodeJwt(await provider.singleSignOnToken('kenji'))).not.toHaveProperty('roles');
    provider.setRoles('kenji', ['approver']);
    expect(decodeJwt(await provider.singleSignOnToken('kenji')).roles).toEqual(['approver']);
  });

  test('issues an application token with the claims of the job to a pipeline', async () => {
    const { payload } = await verify(await provider.workloadToken(), provider.apiAudience);
    expect(payload).toMatchObject({
      sub: 'checkout-pipeline',
      azp: 'checkout-pipeline',
      idtyp: 'app',
      roles: ['deployer'],
      ...demoPipeline.claims,
      repository: 'contoso/checkout',
    });
    expect(payload).not.toHaveProperty('oid');
    expect(decodeJwt(await provider.workloadToken()).jti).not.toBe(payload.jti);
  });

  test('issues no token for resources of others', async () => {
    await expect(provider.singleSignOnToken('mia', 'api://botid-another')).rejects.toThrow(
      /invalid_target/,
    );
    await expect(provider.singleSignOnToken('mia', 'api://countersign')).rejects.toThrow(
      /invalid_target/,
    );
    await expect(provider.singleSignOnToken('nobody')).rejects.toThrow(/invalid_grant/);
    const wrong = await fetch(provider.tokenEndpoint, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa('checkout-pipeline:wrong')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    });
    expect(wrong.status).toBe(401);
  });

  test('signs overridden claims with the published key, and can sign with an unknown key', async () => {
    const old = await provider.personToken({
      personId: 'amara',
      audience: 'bot',
      overrides: { exp: nowMs / 1000 - 60, oid: undefined },
    });
    await expect(verify(old, demoBotAppId)).rejects.toMatchObject({ code: 'ERR_JWT_EXPIRED' });
    const claims = { iss: provider.issuer, aud: demoBotAppId, exp: nowMs / 1000 + 60 };
    const forged = await provider.forge({ claims });
    expect((await verify(forged, demoBotAppId)).payload).toEqual(claims);
    const { privateKey } = await generateKeyPair('RS256');
    await expect(
      verify(await provider.forge({ claims, key: privateKey }), demoBotAppId),
    ).rejects.toMatchObject({ code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' });
  });
});

describe('keys', () => {
  test('a rotation signs with a new key, and publishes the old one unless it is dropped', async () => {
    const before = await provider.singleSignOnToken('mia');
    await provider.rotateKeys();
    const after = await provider.singleSignOnToken('mia');
    await verify(before, demoBotAppId);
    await verify(after, demoBotAppId);
    await provider.rotateKeys({ drop: true });
    await expect(verify(after, demoBotAppId)).rejects.toMatchObject({
      code: 'ERR_JWKS_NO_MATCHING_KEY',
    });
  });

  test('a keys file remains after a restart and is readable for its owner alone', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'provider-keys-'));
    const keysFile = join(folder, 'keys.json');
    const start = () => startProvider({ people, serviceUrl: () => 'http://127.0.0.1:9', keysFile });
    const published = async (running: LocalProvider) => {
      const answer = await (await fetch(running.jwksUri)).json();
      await running.stop();
      return answer;
    };
    const first = await published(await start());
    expect(await published(await start())).toEqual(first);
    expect((await stat(keysFile)).mode & 0o777).toBe(0o600);
    await rm(folder, { recursive: true });
  });
});

test('answers only to its own host name', async () => {
  const { port } = new URL(provider.issuer);
  const status = await new Promise((resolve) => {
    const path = '/.well-known/openid-configuration';
    get({ host: '127.0.0.1', port, path, headers: { host: 'rebound.example' } }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
  });
  expect(status).toBe(421);
});
