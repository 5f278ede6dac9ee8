/** Attacks on form, header and signature of a bearer token; rows name their source. */
import { exportSPKI, importJWK } from 'jose';
import type { CryptoKey } from 'jose';
import { createHmac } from 'node:crypto';
import { createIdentity } from '../../src/identity/identity.ts';
import type { Identity } from '../../src/usecases/ports.ts';
import {
  codeOf, configOf, log, newKey, oidcIssuer, personClaims, sign, signText, startKeyServer,
  turnableClock,
} from '../unit/identity/kit.ts';
import type { Claims, KeyServer, TestKey } from '../unit/identity/kit.ts';

const clock = turnableClock();
let server: KeyServer;
let key: TestKey;
let elliptic: TestKey;
let stranger: TestKey;
let identity: Identity;

beforeAll(async () => {
  server = await startKeyServer();
  key = await newKey('k1');
  elliptic = await newKey('e1', 'ES256');
  stranger = await newKey('k1');
  server.state.keys = [key.publicJwk, elliptic.publicJwk];
  const config = configOf([oidcIssuer(server, { algorithms: ['RS256', 'PS256'] })]);
  identity = createIdentity({ config, clock, log });
});
afterAll(() => server.stop());

const claims = (over: Claims = {}) => personClaims(server.state.issuer, clock.now(), over);
const good = () => sign(key, claims());
const refusal = (token: string) => codeOf(identity.verifyBearer(token));
const parts = async (token: Promise<string>) =>
  (await token).split('.') as [string, string, string];
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

test('the token that every row starts from is accepted', async () => {
  expect(await refusal(await good())).toBe('accepted');
});

async function hmacWith(secret: string | Uint8Array, header: Claims): Promise<string> {
  const text = `${encode(header)}.${encode(claims())}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

async function publicPem(): Promise<string> {
  return exportSPKI(await importJWK({ ...key.publicJwk, alg: 'RS256' }) as CryptoKey);
}

describe('algorithms and keys', () => {
  const rows: [string, string, () => Promise<string>][] = [
    ['alg none without a signature (RFC 8725 2.1, CVE-2015-9235)', 'token_malformed',
      async () => `${encode({ alg: 'none', kid: 'k1' })}.${encode(claims())}.`],
    ['alg none with any signature', 'token_algorithm_refused',
      async () => `${encode({ alg: 'none', kid: 'k1' })}.${encode(claims())}.AAAA`],
    ['alg NoNe in other letters', 'token_algorithm_refused',
      async () => `${encode({ alg: 'NoNe', kid: 'k1' })}.${encode(claims())}.AAAA`],
    ['HS256 with the public key as PEM (CVE-2016-10555)', 'token_algorithm_refused',
      async () => hmacWith(await publicPem(), { alg: 'HS256', kid: 'k1', typ: 'JWT' })],
    ['HS256 with the modulus as secret', 'token_algorithm_refused',
      async () => hmacWith(key.publicJwk.n ?? '', { alg: 'HS256', kid: 'k1' })],
    ['HS256 with an empty secret (CVE-2019-20933)', 'token_algorithm_refused',
      async () => hmacWith('', { alg: 'HS256', kid: 'k1' })],
    ['RS256 claimed for an HMAC', 'token_signature_invalid',
      async () => hmacWith(await publicPem(), { alg: 'RS256', kid: 'k1' })],
    ['an algorithm that the issuer may not use, with its own key', 'token_algorithm_refused',
      () => sign(elliptic, claims())],
    ['an RSA algorithm with the id of an elliptic key', 'token_algorithm_refused',
      () => sign(key, claims(), { kid: 'e1' })],
    ['PS256 claimed for an RS256 signature', 'token_signature_invalid',
      () => signText(key, { alg: 'PS256', kid: 'k1' }, claims())],
    ['rs256 in small letters', 'token_algorithm_refused',
      () => signText(key, { alg: 'rs256', kid: 'k1' }, claims())],
    ['alg as a list', 'token_header_refused',
      () => signText(key, { alg: ['RS256'], kid: 'k1' }, claims())],
    ['alg named after a built-in member', 'token_algorithm_refused',
      () => signText(key, { alg: 'constructor', kid: 'k1' }, claims())],
    ['no alg', 'token_header_refused', () => signText(key, { kid: 'k1' }, claims())],
    ['signed by a stranger under a known key id', 'token_signature_invalid',
      () => sign(stranger, claims())],
    ['a key id nobody knows', 'token_key_unknown', () => sign(stranger, claims(), { kid: 'k9' })],
    ['no key id', 'token_header_refused', () => sign(key, claims(), { kid: undefined })],
    ['an empty key id', 'token_header_refused', () => sign(key, claims(), { kid: '' })],
    ['a key id that is no text', 'token_header_refused',
      () => signText(key, { alg: 'RS256', kid: 1 }, claims())],
    ['a key id that injects a path (kid injection)', 'token_key_unknown',
      () => sign(stranger, claims(), { kid: '../../../dev/null' })],
    ['a key id that injects SQL', 'token_key_unknown',
      () => sign(stranger, claims(), { kid: 'x\' UNION SELECT \'aw==\';--' })],
    ['a key id named __proto__', 'token_key_unknown',
      () => sign(stranger, claims(), { kid: '__proto__' })],
    ['a huge key id', 'token_header_refused', () => sign(key, claims(), { kid: 'k'.repeat(257) })],
  ];
  test.each(rows)('%s: %s', async (_name, code, token) => {
    expect(await refusal(await token())).toBe(code);
  });
});

describe('keys and commands inside the header', () => {
  const rows: [string, Claims][] = [
    ['an embedded key (CVE-2018-0114)', { jwk: 'own' }],
    ['a remote key set (RFC 8725 3.10)', { jku: 'https://attacker.example/jwks' }],
    ['our own key set\'s address', { jku: 'own' }],
    ['a certificate chain', { x5c: ['MIIB'] }],
    ['a remote certificate', { x5u: 'https://attacker.example/c.pem' }],
    ['an unknown critical extension (RFC 7515 4.1.11)', { crit: ['exp'], exp: 1 }],
    ['an empty list of critical extensions', { crit: [] }],
    ['an unencoded payload (RFC 7797)', { crit: ['b64'], b64: false }],
    ['b64 without crit', { b64: true }],
    ['compression (CVE-2024-33664)', { zip: 'DEF' }],
    ['an encryption algorithm', { enc: 'A256GCM' }],
    ['a nested token', { cty: 'JWT' }],
    ['typ of a logout token (RFC 8725 3.11)', { typ: 'logout+jwt' }],
    ['typ of a DPoP proof', { typ: 'dpop+jwt' }],
    ['typ of a security event', { typ: 'secevent+jwt' }],
    ['typ of our own checkpoints', { typ: 'countersign-checkpoint+jwt' }],
    ['typ that is no text', { typ: 7 }],
  ];
  test.each(rows)('%s', async (_name, extra) => {
    const own = { jwk: stranger.publicJwk, jku: server.state.jwksUri } as Claims;
    const members = Object.entries(extra)
      .map(([name, value]) => [name, value === 'own' ? own[name] : value]);
    const header = { alg: 'RS256', kid: 'k1', ...Object.fromEntries(members) };
    expect(await refusal(await signText(key, header, claims()))).toBe('token_header_refused');
  });

  const types = ['JWT', 'jwt', 'at+jwt', 'application/at+jwt', undefined];
  test.each(types)('typ %s is fine', async (typ) => {
    expect(await refusal(await sign(key, claims(), { typ }))).toBe('accepted');
  });
});

describe('encodings: one token has one text', () => {
  const rows: [string, (given: [string, string, string]) => string][] = [
    ['padding after the signature', ([h, p, s]) => `${h}.${p}.${s}==`],
    ['padding after the header', ([h, p, s]) => `${h}=.${p}.${s}`],
    ['stray bits at the end of the signature', ([h, p, s]) => `${h}.${p}.${nextLetter(s)}`],
    ['a line break in the payload', ([h, p, s]) => `${h}.${p.slice(0, 9)}\n${p.slice(9)}.${s}`],
    ['a blank in front', ([h, p, s]) => ` ${h}.${p}.${s}`],
    ['a line break at the end', ([h, p, s]) => `${h}.${p}.${s}\n`],
    ['the other alphabet', ([h, p, s]) => `${h}.${p}.${s.replace(/[-_]/g, '+')}+/`],
    ['a NUL', ([h, p, s]) => `${h}.${p}.${s}\u0000`],
    ['four parts', ([h, p, s]) => `${h}.${p}.${s}.${s}`],
    ['five parts, as a JWE has', ([h, p, s]) => `${h}.${p}.${s}.${s}.${s}`],
    ['two parts', ([h, p]) => `${h}.${p}`],
    ['one part', ([h]) => h],
    ['nothing', () => ''],
    ['dots only', () => '..'],
    ['no signature', ([h, p]) => `${h}.${p}.`],
    ['no payload', ([h, , s]) => `${h}..${s}`],
    ['the JSON serialisation', ([h, p, s]) =>
      JSON.stringify({ protected: h, payload: p, signature: s })],
    ['other letters outside ASCII', ([h, p, s]) => `${h}.${p}.${s}é`],
  ];
  test.each(rows)('%s', async (_name, twist) => {
    expect(await refusal(twist(await parts(good())))).toBe('token_malformed');
  });

  test('a signature of another token is refused', async () => {
    const [h, p] = await parts(good());
    const [, , s] = await parts(sign(key, claims({ uti: 'other' })));
    expect(await refusal(`${h}.${p}.${s}`)).toBe('token_signature_invalid');
  });

  test('a changed payload is refused', async () => {
    const [h, , s] = await parts(good());
    const forged = encode(claims({ roles: ['approver', 'security-lead'] }));
    expect(await refusal(`${h}.${forged}.${s}`)).toBe('token_signature_invalid');
  });

  test('a shortened signature is refused', async () => {
    const [h, p, s] = await parts(good());
    expect(await refusal(`${h}.${p}.${s.slice(0, 256)}`)).toBe('token_signature_invalid');
  });
});

describe('JSON', () => {
  const text = (twist: (json: string) => string) => () =>
    signText(key, { alg: 'RS256', kid: 'k1' }, twist(JSON.stringify(claims())));
  const rows: [string, () => Promise<string>][] = [
    ['a claim named twice', text((json) => json.replace('{', '{"roles":["security-lead"],'))],
    ['a claim named twice, once escaped',
      text((json) => json.replace('{', '{"\\u0072oles":["security-lead"],'))],
    ['a member named twice deep inside', text((json) => json.replace('{', '{"x":{"a":1,"a":2},'))],
    ['a byte order mark', text((json) => `\ufeff${json}`)],
    ['text behind the object', text((json) => `${json}x`)],
    ['a list', text((json) => `[${json}]`)],
    ['a string', text(() => '"claims"')],
    ['null', text(() => 'null')],
    ['an open string', text((json) => json.slice(0, -1).concat(',"x'))],
    ['nested a hundred deep',
      text((json) => json.replace('{', `{"x":${'['.repeat(100)}${']'.repeat(100)},`))],
    ['a header named twice', () =>
      signText(key, '{"alg":"none","alg":"RS256","kid":"k1"}', claims())],
    ['a header that is a list', () => signText(key, '["RS256"]', claims())],
  ];
  test.each(rows)('%s', async (_name, token) => {
    expect(await refusal(await token())).toBe('token_malformed');
  });

  test('bytes that are no UTF-8 (overlong, CVE-2008-2938)', async () => {
    const payload = Buffer.from(JSON.stringify(claims({ name: 'AAAA' })), 'utf8');
    payload.set([0xc0, 0xaf], payload.indexOf('AAAA'));
    const [h] = await parts(good());
    const signed = `${h}.${payload.toString('base64url')}`;
    const signature = await crypto.subtle.sign('RSASSA-PKCS1-v1_5', key.privateKey,
      Buffer.from(signed));
    const token = `${signed}.${Buffer.from(signature).toString('base64url')}`;
    expect(await refusal(token)).toBe('token_malformed');
  });

  test('a colon or a quote inside a string counts for nothing', async () => {
    const token = await sign(key, claims({ note: 'a":{"b":[\\', other: '\\"' }));
    expect(await refusal(token)).toBe('accepted');
  });

  test('more than 16 KiB', async () => {
    const token = await sign(key, claims({ x: 'x'.repeat(16_384) }));
    expect(await refusal(token)).toBe('token_too_large');
  });

  test('a megabyte of dots is refused quickly', async () => {
    const started = performance.now();
    expect(await refusal('.'.repeat(1_048_576))).toBe('token_too_large');
    expect(performance.now() - started).toBeLessThan(100);
  });
});

/** Changes only bits of the last letter that stand for no byte. */
function nextLetter(text: string): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return text.slice(0, -1) + (letters[letters.indexOf(text.slice(-1)) + 1] ?? 'A');
}
