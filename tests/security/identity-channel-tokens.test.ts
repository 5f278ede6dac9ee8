/** The tokens that Bot Framework sends: nobody else's pass, remembered ones are checked again. */
import { createChannelTokens } from '../../src/identity/channel-tokens.ts';
import type { ChannelTokens } from '../../src/usecases/ports.ts';
import {
  APP_ID, TENANT, codeOf, configOf, log, newKey, oidcIssuer, sign, signText, startKeyServer,
  turnableClock,
} from '../unit/identity/kit.ts';
import type { Claims, KeyServer, TestKey } from '../unit/identity/kit.ts';

const ISSUER = 'https://api.botframework.com';
const SERVICE_URL = 'https://smba.trafficmanager.net/emea/';
let clock: ReturnType<typeof turnableClock>;
let server: KeyServer;
let key: TestKey;
let unendorsed: TestKey;
let elliptic: TestKey;
let tokens: ChannelTokens;

beforeAll(async () => {
  [key, unendorsed, elliptic] = await Promise.all([
    newKey('c1'), newKey('c2'), newKey('c3', 'ES256'),
  ]);
});
beforeEach(async () => {
  clock = turnableClock();
  server = await startKeyServer();
  server.state.issuer = ISSUER;
  server.state.keys = [
    { ...key.publicJwk, endorsements: ['msteams', 'skype'] }, unendorsed.publicJwk,
    elliptic.publicJwk,
  ];
  const base = configOf([oidcIssuer(server)]);
  const cloud = { ...base.teams.cloud, issuer: ISSUER, metadataUrl: server.discoveryUrl };
  tokens = createChannelTokens({
    config: { ...base, teams: { ...base.teams, cloud } }, clock, log,
  });
});
afterEach(() => server.stop());

// Bot Framework's tokens have no iat.
const claims = (over: Claims = {}): Claims => {
  const now = clock.now() / 1_000;
  return {
    serviceurl: SERVICE_URL, iss: ISSUER, aud: APP_ID, nbf: now - 300, exp: now + 3_600, ...over,
  };
};
const refusal = async (token: Promise<string>) => codeOf(tokens.verify(await token));

test('gives service URL and endorsements', async () => {
  expect(await tokens.verify(await sign(key, claims()))).toEqual({
    serviceUrl: SERVICE_URL, endorsements: ['msteams', 'skype'],
  });
  expect(await tokens.verify(await sign(unendorsed, claims()))).toMatchObject({ endorsements: [] });
});

const rows: [string, string, () => Promise<string>][] = [
  ['the emulator\'s issuer (v1)', 'token_issuer_unknown',
    () => sign(key, claims({
      iss: 'https://sts.windows.net/d6d49420-f39b-4df7-a1dc-d59a935871db/',
    }))],
  ['the emulator\'s issuer (v2)', 'token_issuer_unknown', () => sign(key, claims({
    iss: 'https://login.microsoftonline.com/d6d49420-f39b-4df7-a1dc-d59a935871db/v2.0',
  }))],
  ['the bot\'s own tenant, appid = the bot', 'token_issuer_unknown', () => sign(key, claims({
    iss: `https://sts.windows.net/${TENANT}/`, appid: APP_ID, azp: APP_ID,
  }))],
  ['the government\'s issuer', 'token_issuer_unknown',
    () => sign(key, claims({ iss: 'https://api.botframework.us' }))],
  ['the issuer with a slash', 'token_issuer_unknown',
    () => sign(key, claims({ iss: `${ISSUER}/` }))],
  ['no issuer', 'token_issuer_unknown', () => sign(key, claims({ iss: undefined }))],
  ['the bot\'s own outbound token, aud = Bot Framework', 'token_audience',
    () => sign(key, claims({ aud: ISSUER, appid: APP_ID }))],
  ['another bot', 'token_audience', () => sign(key, claims({ aud: 'other' }))],
  ['this bot among others', 'token_audience', () => sign(key, claims({ aud: [APP_ID, 'other'] }))],
  ['no audience', 'token_claim_missing', () => sign(key, claims({ aud: undefined }))],
  ['no expiry', 'token_claim_missing', () => sign(key, claims({ exp: undefined }))],
  ['an endless expiry', 'token_claim_invalid', () => signText(
    key, { alg: 'RS256', kid: 'c1' },
    JSON.stringify(claims({ exp: 0 })).replace('"exp":0', '"exp":1e999'),
  )],
  ['not valid for six minutes', 'token_not_yet_valid',
    () => sign(key, claims({ nbf: clock.now() / 1_000 + 360 }))],
  ['issued in six minutes', 'token_issued_in_future',
    () => sign(key, claims({ iat: clock.now() / 1_000 + 360 }))],
  ['expired five minutes ago', 'token_expired',
    () => sign(key, claims({ exp: clock.now() / 1_000 - 300 }))],
  ['expired a second less ago', 'accepted',
    () => sign(key, claims({ exp: clock.now() / 1_000 - 299 }))],
  ['no service URL', 'channel_service_url_missing',
    () => sign(key, claims({ serviceurl: undefined }))],
  ['an empty service URL', 'token_claim_invalid', () => sign(key, claims({ serviceurl: '' }))],
  ['a list of service URLs', 'token_claim_invalid',
    () => sign(key, claims({ serviceurl: [SERVICE_URL] }))],
  ['ES256 by a published key', 'token_algorithm_refused', () => sign(elliptic, claims())],
  ['alg none', 'token_algorithm_refused', async () => {
    const [, payload] = (await sign(key, claims())).split('.');
    return `${Buffer.from('{"alg":"none","kid":"c1"}').toString('base64url')}.${payload}.AAAA`;
  }],
  ['an embedded key', 'token_header_refused', () => sign(key, claims(), { jwk: {} })],
  ['another type', 'token_header_refused', () => sign(key, claims(), { typ: 'at+jwt' })],
  ['an unknown key id', 'token_key_unknown', () => sign(key, claims(), { kid: 'c9' })],
  ['a stranger\'s signature', 'token_signature_invalid',
    () => sign(unendorsed, claims(), { kid: 'c1' })],
];
test.each(rows)('%s: %s', async (_name, code, token) => {
  expect(await refusal(token())).toBe(code);
});

describe('a remembered token', () => {
  test('expires all the same', async () => {
    const token = sign(key, claims());
    expect(await refusal(token)).toBe('accepted');
    clock.advance(3_600_000 + 299_999);
    expect(await refusal(token)).toBe('accepted');
    clock.advance(1);
    expect(await refusal(token)).toBe('token_expired');
  });

  test('falls with its key', async () => {
    const token = sign(key, claims({ exp: clock.now() / 1_000 + 86_400 }));
    expect(await refusal(token)).toBe('accepted');
    server.state.keys = [unendorsed.publicJwk];
    clock.advance(3_600_000);
    expect(await refusal(token)).toBe('token_key_unknown');
  });

  test('is verified again when another key takes its id', async () => {
    const token = sign(key, claims({ exp: clock.now() / 1_000 + 86_400 }));
    expect(await refusal(token)).toBe('accepted');
    server.state.keys = [{ ...unendorsed.publicJwk, kid: 'c1' }];
    clock.advance(3_600_000);
    expect(await refusal(token)).toBe('token_signature_invalid');
  });

  test('does not lend its name to a changed one', async () => {
    const [header, payload, signature] = (await sign(key, claims())).split('.');
    await tokens.verify(`${header}.${payload}.${signature}`);
    const forged = Buffer.from(JSON.stringify(claims({ serviceurl: 'https://attacker.example' })));
    expect(await refusal(Promise.resolve(`${header}.${forged.toString('base64url')}.${signature}`)))
      .toBe('token_signature_invalid');
  });

  test('a refused one is not remembered as good', async () => {
    const token = sign(key, claims({ serviceurl: undefined }));
    expect(await refusal(token)).toBe('channel_service_url_missing');
    expect(await refusal(token)).toBe('channel_service_url_missing');
  });
});
