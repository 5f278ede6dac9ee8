/** Tokens and keys without `kid` (OpenID Connect Core 10.1): one key that fits, or none is taken. */
import { inspectToken } from '../../src/identity/inspect/inspect-token.ts';
import { KEY_TIMES } from '../../src/identity/issuer-keys/jwks.ts';
import { createVerifier } from '../../src/identity/tokens/verify-token.ts';
import type { Verifier } from '../../src/identity/tokens/verify-token.ts';
import {
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
  TENANT,
} from '../unit/identity/kit.ts';
import type { KeyServer, TestKey } from '../unit/identity/kit.ts';

let clock: ReturnType<typeof turnableClock>;
let server: KeyServer;
let verifier: Verifier;
let one: TestKey;
let two: TestKey;
let elliptic: TestKey;

beforeAll(async () => {
  [one, two, elliptic] = await Promise.all([newKey('k1'), newKey('k2'), newKey('e1', 'ES256')]);
});
beforeEach(async () => {
  clock = turnableClock();
  server = await startKeyServer();
  const config = configOf([oidcIssuer(server, { algorithms: ['RS256', 'PS256', 'ES256'] })]);
  verifier = createVerifier({ config, clock, log });
});
afterEach(() => server.stop());

const token = (signer: TestKey, kid: string | undefined) =>
  sign(signer, personClaims(server.state.issuer, clock.now()), { kid });
const verify = async (signer: TestKey, kid: string | undefined) =>
  codeOf(verifier.verify(await token(signer, kid), { kind: 'bearer' }));
const nameless = ({ publicJwk }: TestKey) => ({ ...publicJwk, kid: undefined });
const publish = (...keys: readonly object[]) => void (server.state.keys = keys);

describe('is taken', () => {
  test('neither token nor key has an id, and one key fits', async () => {
    publish(nameless(one), nameless(elliptic));
    expect(await verify(one, undefined)).toBe('accepted');
    expect(await verify(elliptic, undefined)).toBe('accepted');
  });

  test('the token has none, and one key of several fits its algorithm', async () => {
    publish(one.publicJwk, elliptic.publicJwk);
    expect(await verify(one, undefined)).toBe('accepted');
  });

  test('the key has none, and no other key fits', async () => {
    publish(nameless(one), elliptic.publicJwk);
    expect(await verify(one, 'k1')).toBe('accepted');
  });

  test('keys for encryption do not count', async () => {
    publish(nameless(one), { ...two.publicJwk, use: 'enc' });
    expect(await verify(one, undefined)).toBe('accepted');
  });

  test('a key that is bound to another algorithm does not count', async () => {
    publish(nameless(one), { ...nameless(two), alg: 'PS256' });
    expect(await verify(one, undefined)).toBe('accepted');
  });

  test('one key that is listed twice counts once', async () => {
    publish(nameless(one), nameless(one));
    expect(await verify(one, undefined)).toBe('accepted');
  });

  test('a rotated key without an id, at once', async () => {
    publish(nameless(one));
    expect(await verify(one, undefined)).toBe('accepted');
    publish(nameless(two));
    expect(await verify(two, undefined)).toBe('accepted');
    expect(await verify(one, undefined)).toBe('token_signature_invalid');
  });
});

describe('is refused', () => {
  test.each<[string, () => object[], string | undefined]>([
    [
      'the token has no id, and two keys with ids fit',
      () => [one.publicJwk, two.publicJwk],
      undefined,
    ],
    ['no id anywhere, and two keys fit', () => [nameless(one), nameless(two)], undefined],
    ['the token has an id, and two keys without fit', () => [nameless(one), nameless(two)], 'k1'],
    ['a key with another id fits as well', () => [nameless(one), two.publicJwk], 'k1'],
    [
      'the other key has the id of two different keys',
      () => [nameless(one), two.publicJwk, { ...two.publicJwk, n: one.publicJwk.n }],
      undefined,
    ],
  ])('%s', async (_name, keys, kid) => {
    publish(...keys());
    expect(await verify(one, kid)).toBe('token_key_ambiguous');
    const report = await inspectToken(await token(one, kid), {
      verifier,
      purpose: { kind: 'bearer' },
    });
    const failed = report.checks.filter(({ result }) => result === 'fail');
    expect(failed.map(({ check, code }) => `${check} ${code}`)).toContain(
      'key token_key_ambiguous',
    );
  });

  test('a token with an id is not taken for the one key with another id', async () => {
    publish(one.publicJwk);
    expect(await verify(one, 'k9')).toBe('token_key_unknown');
  });

  test('no key fits the algorithm', async () => {
    publish(nameless(elliptic));
    expect(await verify(one, undefined)).toBe('token_key_unknown');
  });

  test('the signature of another key than the one that fits', async () => {
    publish(nameless(one));
    expect(await verify(two, undefined)).toBe('token_signature_invalid');
    expect(await verify(two, 'k2')).toBe('token_signature_invalid');
  });

  test('an id that is there and is no text', async () => {
    publish(nameless(one));
    for (const kid of ['', null, 7, ['k1']]) {
      expect(await verify(one, kid as string)).toBe('token_header_refused');
    }
  });

  test("Entra: the one key that fits is another issuer's", async () => {
    const entra = await startKeyServer();
    try {
      const iss = `${entra.base}/${TENANT}/v2.0`;
      entra.state.issuer = iss;
      entra.state.keys = [{ ...one.publicJwk, issuer: `${entra.base}/other/v2.0` }];
      const config = configOf([entraIssuer(entra)]);
      const text = await sign(one, personClaims(iss, clock.now()), { kid: undefined });
      const judged = createVerifier({ config, clock, log }).verify(text, { kind: 'bearer' });
      expect(await codeOf(judged)).toBe('token_key_not_for_issuer');
    } finally {
      await entra.stop();
    }
  });
});

test('a flood of forged tokens without ids causes one extra fetch in five minutes', async () => {
  publish(nameless(one));
  expect(await verify(one, undefined)).toBe('accepted');
  const forged = await token(two, undefined);
  for (let at = 0; at < 500; at += 1) {
    expect(await codeOf(verifier.verify(forged, { kind: 'bearer' }))).toBe(
      'token_signature_invalid',
    );
  }
  expect(server.fetched.keys).toBe(2);
  clock.advance(KEY_TIMES.extraMs);
  await codeOf(verifier.verify(forged, { kind: 'bearer' }));
  expect(server.fetched.keys).toBe(3);
});

test.each([
  ['only as application/jwk-set+json', /application\/jwk-set\+json/, 'application/jwk-set+json'],
  ['only as application/json', /application\/json/, 'application/json'],
])('reads keys that are answered %s', async (_name, wanted, type) => {
  publish(one.publicJwk);
  server.state.onKeys = (request, response) => {
    if (!wanted.test(request.headers.accept ?? '')) return void response.writeHead(406).end();
    response.setHeader('content-type', type);
    response.end(JSON.stringify({ keys: server.state.keys }));
  };
  expect(await verify(one, 'k1')).toBe('accepted');
});
