import * as oidc from 'openid-client';
import { demoPeople } from '../../../src/local/people.ts';
import { startProvider, type LocalProvider } from '../../../src/local/provider.ts';
import { browser } from './browser.ts';

const people = demoPeople();
const service = 'http://127.0.0.1:9';
let provider: LocalProvider;
let client: oidc.Configuration;

beforeAll(async () => {
  provider = await startProvider({ people, serviceUrl: () => service });
  const { clientId, clientSecret } = provider.signInClient;
  client = await oidc.discovery(
    new URL(provider.issuer),
    clientId,
    undefined,
    oidc.ClientSecretBasic(clientSecret),
    { execute: [oidc.allowInsecureRequests] },
  );
});
afterAll(() => provider.stop());

/** Opens the sign-in; returns its page and a function that exchanges the code for claims. */
async function open(agent: ReturnType<typeof browser>, extra: Record<string, string> = {}) {
  const verifier = oidc.randomPKCECodeVerifier();
  const state = oidc.randomState();
  const url = oidc.buildAuthorizationUrl(client, {
    redirect_uri: `${service}/auth/callback`,
    scope: 'openid profile',
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    ...extra,
  });
  const page = await agent.follow(url.href);
  const claims = async (callback: string | undefined) => {
    const tokens = await oidc.authorizationCodeGrant(client, new URL(callback ?? ''), {
      pkceCodeVerifier: verifier,
      expectedState: state,
      idTokenExpected: true,
    });
    return tokens.claims();
  };
  return { page, claims };
}

const agent = () => browser(provider.issuer);
const actionOf = (page: { text: string; url: string }) =>
  new URL(/action="([^"]+)"/.exec(page.text)?.[1] ?? '', page.url).href;

test('the authorization code flow with PKCE returns an ID token with the claims', async () => {
  const mine = agent();
  const { page, claims } = await open(mine);
  expect(page.text).toContain('Who are you today?');
  for (const { name } of people) expect(page.text).toContain(name);
  const back = await mine.follow(actionOf(page), { person: 'amara' });
  expect(back.location).toContain(`${service}/auth/callback?code=`);
  expect(new URL(back.location ?? '').searchParams.get('iss')).toBe(provider.issuer);
  const amara = people.find(({ id }) => id === 'amara');
  expect(await claims(back.location)).toMatchObject({
    iss: provider.issuer,
    aud: 'countersign',
    oid: amara?.oid,
    tid: amara?.tid,
    roles: ['approver'],
    department: 'Payments',
    name: 'Amara Okafor',
    preferred_username: 'amara@contoso.example',
    acr: 'pwd',
    amr: ['pwd'],
    auth_time: expect.any(Number),
    uti: expect.any(String),
    ver: '2.0',
  });
});

test('accepts a code once', async () => {
  const mine = agent();
  const { page, claims } = await open(mine);
  const back = await mine.follow(actionOf(page), { person: 'mia' });
  await claims(back.location);
  await expect(claims(back.location)).rejects.toMatchObject({ error: 'invalid_grant' });
});

test('signs in silently by a session, until prompt, max_age or another person requires a login', async () => {
  const mine = agent();
  const first = await open(mine);
  const back = await mine.follow(actionOf(first.page), { person: 'mia' });
  expect(await first.claims(back.location)).toMatchObject({ name: 'Mia Lindqvist' });

  const silent = await open(mine, { login_hint: 'mia', prompt: 'none' });
  expect(await silent.claims(silent.page.location)).toMatchObject({ name: 'Mia Lindqvist' });
  expect((await open(mine, { prompt: 'login' })).page.text).toContain('Who are you today?');

  const other = await open(mine, { login_hint: 'kenji@contoso.example' });
  expect(other.page.text).toMatch(/value="kenji" class="hinted" autofocus/);
  const switched = await mine.follow(actionOf(other.page), { person: 'kenji' });
  expect(await other.claims(switched.location)).toMatchObject({ name: 'Kenji Watanabe' });
});

test('acr_values request a stronger sign-in, which the token names', async () => {
  const mine = agent();
  const first = await open(mine);
  await mine.follow(actionOf(first.page), { person: 'mia' });
  const stronger = await open(mine, { acr_values: 'mfa', max_age: '600' });
  expect(stronger.page.text).toContain('<b>mfa</b>');
  const back = await mine.follow(actionOf(stronger.page), { person: 'mia' });
  expect(await stronger.claims(back.location)).toMatchObject({ acr: 'mfa', amr: ['pwd', 'mfa'] });
});

test('returns errors for prompt=none without a session and for a cancellation', async () => {
  const none = await open(agent(), { prompt: 'none' });
  expect(none.page.location).toContain('error=login_required');
  const mine = agent();
  const { page } = await open(mine);
  const back = await mine.follow(actionOf(page), { cancel: '1' });
  expect(back.location).toContain('error=access_denied');
});

test('requires PKCE and the registered redirect address', async () => {
  const bare = new URL(`${provider.issuer}/auth?client_id=countersign&response_type=code`);
  bare.searchParams.set('scope', 'openid');
  bare.searchParams.set('redirect_uri', `${service}/auth/callback`);
  expect((await agent().follow(bare.href)).location).toContain('error=invalid_request');
  bare.searchParams.set('redirect_uri', 'http://127.0.0.1:9/elsewhere');
  const page = await agent().follow(bare.href);
  expect(page).toMatchObject({ status: 400, location: undefined });
});

test('opens a sign-in page only in its own browser', async () => {
  const { page } = await open(agent());
  const stolen = await agent().once(actionOf(page), { person: 'amara' });
  expect(stolen.status).toBe(400);
  expect(stolen.text).toContain('This sign-in has ended');
});

test('keeps a sign-in over a key rotation', async () => {
  const mine = agent();
  const { page, claims } = await open(mine);
  await provider.rotateKeys();
  const back = await mine.follow(actionOf(page), { person: 'olu' });
  const got = await claims(back.location);
  expect(got).toMatchObject({ name: 'Oluwaseun Adeyemi' });
  expect(got).not.toHaveProperty('roles');
});
