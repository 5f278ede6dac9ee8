/** Accepted forms and headers, and the cost of a refusal; attacks are in identity-attacks. */
import { createIdentity } from '../../src/identity/identity.ts';
import type { Identity } from '../../src/usecases/ports/identity.ts';
import {
  codeOf,
  configOf,
  log,
  newKey,
  oidcIssuer,
  personClaims,
  sign,
  startKeyServer,
  turnableClock,
} from '../unit/identity/kit.ts';
import type { Claims, KeyServer, TestKey } from '../unit/identity/kit.ts';

const clock = turnableClock();
let server: KeyServer;
let key: TestKey;
let identity: Identity;

beforeAll(async () => {
  server = await startKeyServer();
  key = await newKey('k1');
  server.state.keys = [key.publicJwk];
  identity = createIdentity({ config: configOf([oidcIssuer(server)]), clock, log });
});
afterAll(() => server.stop());

const claims = (over: Claims = {}) => personClaims(server.state.issuer, clock.now(), over);
const refusal = (token: string) => codeOf(identity.verifyBearer(token));

test.each(['JWT', 'jwt', 'at+jwt', 'application/at+jwt', undefined])(
  'accepts typ %s',
  async (typ) => {
    expect(await refusal(await sign(key, claims(), { typ }))).toBe('accepted');
  },
);

test('ignores a colon or a quote inside a JSON string', async () => {
  const token = await sign(key, claims({ note: 'a":{"b":[\\', other: '\\"' }));
  expect(await refusal(token)).toBe('accepted');
});

test('refuses a megabyte of dots quickly', async () => {
  const started = performance.now();
  expect(await refusal('.'.repeat(1_048_576))).toBe('token_too_large');
  expect(performance.now() - started).toBeLessThan(100);
});
