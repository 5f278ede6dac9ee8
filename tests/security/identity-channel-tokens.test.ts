/** Bot Framework's tokens: only its own pass, and cached ones are checked again. */
import { createChannelTokens } from '../../src/identity/tokens/channel-tokens.ts';
import type { ChannelTokens } from '../../src/usecases/ports/channel-tokens.ts';
import {
  APP_ID,
  codeOf,
  configOf,
  log,
  newKey,
  oidcIssuer,
  sign,
  startKeyServer,
  turnableClock,
} from '../unit/identity/kit.ts';
import type { Claims, KeyServer, TestKey } from '../unit/identity/kit.ts';
import { CHANNEL_ISSUER, SERVICE_URL, channelAttacks } from './attacks/channel-attacks.ts';

let clock: ReturnType<typeof turnableClock>;
let server: KeyServer;
let key: TestKey;
let unendorsed: TestKey;
let elliptic: TestKey;
let tokens: ChannelTokens;

beforeAll(async () => {
  [key, unendorsed, elliptic] = await Promise.all([
    newKey('c1'),
    newKey('c2'),
    newKey('c3', 'ES256'),
  ]);
});
beforeEach(async () => {
  clock = turnableClock();
  server = await startKeyServer();
  server.state.issuer = CHANNEL_ISSUER;
  server.state.keys = [
    { ...key.publicJwk, endorsements: ['msteams', 'skype'] },
    unendorsed.publicJwk,
    elliptic.publicJwk,
  ];
  const base = configOf([oidcIssuer(server)]);
  const cloud = { ...base.teams.cloud, issuer: CHANNEL_ISSUER, metadataUrl: server.discoveryUrl };
  tokens = createChannelTokens({
    config: { ...base, teams: { ...base.teams, cloud } },
    clock,
    log,
  });
});
afterEach(() => server.stop());

// Bot Framework's tokens have no iat.
const claims = (over: Claims = {}): Claims => {
  const now = clock.now() / 1_000;
  return {
    serviceurl: SERVICE_URL,
    iss: CHANNEL_ISSUER,
    aud: APP_ID,
    nbf: now - 300,
    exp: now + 3_600,
    ...over,
  };
};
const refusal = async (token: Promise<string>) => codeOf(tokens.verify(await token));

test('returns service URL and endorsements', async () => {
  expect(await tokens.verify(await sign(key, claims()))).toEqual({
    serviceUrl: SERVICE_URL,
    endorsements: ['msteams', 'skype'],
  });
  expect(await tokens.verify(await sign(unendorsed, claims()))).toMatchObject({ endorsements: [] });
});

test.each(channelAttacks)('$attack: $refusedAs ($source)', async ({ refusedAs, of }) => {
  const world = { key, unendorsed, elliptic, now: clock.now() / 1_000, claims };
  expect(await refusal(of(world))).toBe(refusedAs);
});

describe('a cached token', () => {
  test('expires like any other', async () => {
    const token = sign(key, claims());
    expect(await refusal(token)).toBe('accepted');
    clock.advance(3_600_000 + 299_999);
    expect(await refusal(token)).toBe('accepted');
    clock.advance(1);
    expect(await refusal(token)).toBe('token_expired');
  });

  test('is refused once its key is revoked', async () => {
    const token = sign(key, claims({ exp: clock.now() / 1_000 + 86_400 }));
    expect(await refusal(token)).toBe('accepted');
    server.state.keys = [unendorsed.publicJwk];
    clock.advance(3_600_000);
    expect(await refusal(token)).toBe('token_key_unknown');
  });

  test('is verified again when its key id belongs to a new key', async () => {
    const token = sign(key, claims({ exp: clock.now() / 1_000 + 86_400 }));
    expect(await refusal(token)).toBe('accepted');
    server.state.keys = [{ ...unendorsed.publicJwk, kid: 'c1' }];
    clock.advance(3_600_000);
    expect(await refusal(token)).toBe('token_signature_invalid');
  });

  test('does not vouch for a changed token', async () => {
    const [header, payload, signature] = (await sign(key, claims())).split('.');
    await tokens.verify(`${header}.${payload}.${signature}`);
    const forged = Buffer.from(JSON.stringify(claims({ serviceurl: 'https://attacker.example' })));
    expect(
      await refusal(Promise.resolve(`${header}.${forged.toString('base64url')}.${signature}`)),
    ).toBe('token_signature_invalid');
  });

  test('is cached only after it was accepted', async () => {
    const token = sign(key, claims({ serviceurl: undefined }));
    expect(await refusal(token)).toBe('channel_service_url_missing');
    expect(await refusal(token)).toBe('channel_service_url_missing');
  });
});
