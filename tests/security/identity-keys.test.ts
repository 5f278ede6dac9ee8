/** Faults of and attacks through a provider's key endpoint: bounded fetches, cached keys. */
import type { Config } from '../../src/config/config.ts';
import { PROVIDER_LIMITS, boundedFetch } from '../../src/net/bounded-fetch.ts';
import type { Fetch } from '../../src/net/bounded-fetch.ts';
import { createIdentity } from '../../src/identity/identity.ts';
import { KEY_TIMES } from '../../src/identity/issuer-keys/jwks.ts';
import { createVerifier } from '../../src/identity/tokens/verify-token.ts';
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
import type { Answer, Claims, KeyServer, TestKey } from '../unit/identity/kit.ts';
import { discoveryAttacks, json, keyDocumentAttacks } from './attacks/key-attacks.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let clock: ReturnType<typeof turnableClock>;
let server: KeyServer;
let key: TestKey;
let next: TestKey;

beforeAll(async () => {
  [key, next] = await Promise.all([newKey('k1'), newKey('k2')]);
});
beforeEach(async () => {
  clock = turnableClock();
  server = await startKeyServer();
  server.state.keys = [key.publicJwk];
});
afterEach(() => server.stop());

const identityOf = (over: { profile?: Config['profile'] } = {}) =>
  createIdentity({ config: configOf([oidcIssuer(server)], over), clock, log });
const withVerifier = () => {
  const parts = { config: configOf([oidcIssuer(server)]), clock, log };
  const verifier = createVerifier(parts);
  return { verifier, identity: createIdentity({ ...parts, verifier }) };
};
const token = (signer = key, header: Claims = {}) =>
  sign(signer, personClaims(server.state.issuer, clock.now()), header);
/** Waits for fetches in the background. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 50));

describe('unknown key ids', () => {
  test('10,000 in a minute cause one extra fetch, and valid tokens pass', async () => {
    const identity = identityOf();
    expect(await codeOf(identity.verifyBearer(await token()))).toBe('accepted');
    expect(server.fetched.keys).toBe(1);
    const [, payload, signature] = (await token()).split('.');
    for (let round = 0; round < 100; round += 1) {
      const storm = Array.from({ length: 100 }, (_, at) => {
        const header = { alg: 'RS256', kid: `unknown-${round}-${at}` };
        const text = Buffer.from(JSON.stringify(header)).toString('base64url');
        return codeOf(identity.verifyBearer(`${text}.${payload}.${signature}`));
      });
      expect(new Set(await Promise.all(storm))).toEqual(new Set(['token_key_unknown']));
      expect(await codeOf(identity.verifyBearer(await token()))).toBe('accepted');
      clock.advance(600);
    }
    expect(server.fetched.keys).toBe(2);
  });

  test('a day of unknown ids causes at most one extra fetch in five minutes', async () => {
    const identity = identityOf();
    for (let at = 0; at < 24 * 60; at += 1) {
      await codeOf(identity.verifyBearer(await token(key, { kid: `unknown-${at}` })));
      clock.advance(MINUTE);
    }
    expect(server.fetched.keys).toBeLessThanOrEqual(1 + 24 * 12);
  });

  test('a key rotated during the flood is found by the next fetch', async () => {
    const identity = identityOf();
    await identity.verifyBearer(await token());
    await codeOf(identity.verifyBearer(await token(key, { kid: 'storm' })));
    server.state.keys = [next.publicJwk, key.publicJwk];
    expect(await codeOf(identity.verifyBearer(await token(next)))).toBe('token_key_unknown');
    clock.advance(KEY_TIMES.refreshMs);
    expect(await codeOf(identity.verifyBearer(await token(next)))).toBe('accepted');
  });

  test('a key rotated in the minute of a flood is found by the scheduled refresh', async () => {
    const { verifier, identity } = withVerifier();
    const everyMinute = async () => {
      await Promise.all(verifier.providers.list().map(({ keys }) => keys.keepFresh()));
      clock.advance(MINUTE);
    };
    await identity.verifyBearer(await token());
    const [, payload, signature] = (await token()).split('.');
    let refused = 0;
    for (let at = 0; at < 10_000; at += 1) {
      const header = { alg: 'RS256', kid: `storm-${at}` };
      const text = Buffer.from(JSON.stringify(header)).toString('base64url');
      await codeOf(identity.verifyBearer(`${text}.${payload}.${signature}`));
      if (at % 500 === 0 && (await codeOf(identity.verifyBearer(await token()))) !== 'accepted') {
        refused += 1;
      }
      clock.advance(6);
    }
    expect([refused, server.fetched.keys]).toEqual([0, 2]);
    server.state.keys = [next.publicJwk, key.publicJwk];
    // No token of the new key arrives meanwhile: only the schedule fetches.
    for (let minute = 0; minute < 11; minute += 1) await everyMinute();
    expect(server.fetched.keys).toBe(3);
    expect(await codeOf(identity.verifyBearer(await token(next)))).toBe('accepted');
    expect(server.fetched.keys).toBe(3);
  });

  test('the schedule fetches every ten minutes, and only for providers in use', async () => {
    const { verifier, identity } = withVerifier();
    const [provider] = verifier.providers.list();
    await provider?.keys.keepFresh();
    expect(server.fetched).toEqual({ discovery: 0, keys: 0 });
    await identity.verifyBearer(await token());
    for (let minute = 0; minute < 60; minute += 1) {
      clock.advance(MINUTE);
      await provider?.keys.keepFresh();
    }
    expect(server.fetched).toEqual({ discovery: 1, keys: 7 });
    server.down();
    for (let minute = 0; minute < 24 * 60; minute += 1) {
      clock.advance(MINUTE);
      await provider?.keys.keepFresh();
      if (minute % 60 === 0) {
        expect(await codeOf(identity.verifyBearer(await token()))).toBe('accepted');
      }
    }
    // At most one discovery document and one key set every five minutes.
    expect(server.fetched.keys + server.fetched.discovery).toBeLessThan(2 * 24 * 12 + 20);
  });

  test('does not look for the same unknown id twice within an hour', async () => {
    const identity = identityOf();
    await identity.verifyBearer(await token());
    for (let at = 0; at < 9; at += 1) {
      await codeOf(identity.verifyBearer(await token(key, { kid: 'old' })));
      clock.advance(MINUTE);
    }
    expect(server.fetched.keys).toBe(2);
  });

  test('finds a new key at once without a flood', async () => {
    const identity = identityOf();
    await identity.verifyBearer(await token());
    server.state.keys = [next.publicJwk];
    expect(await codeOf(identity.verifyBearer(await token(next)))).toBe('accepted');
    expect(await codeOf(identity.verifyBearer(await token(key)))).toBe('token_key_unknown');
  });

  test('a hundred calls at a cold start share one fetch', async () => {
    const identity = identityOf();
    const text = await token();
    await Promise.all(Array.from({ length: 100 }, () => identity.verifyBearer(text)));
    expect(server.fetched).toEqual({ discovery: 1, keys: 1 });
  });
});

describe('a provider that is down', () => {
  test('down for a day: accepts every valid token, with bounded fetches', async () => {
    const identity = identityOf();
    await identity.verifyBearer(await token());
    server.down();
    let refused = 0;
    for (let at = 0; at < 24 * 60; at += 1) {
      clock.advance(MINUTE);
      if ((await codeOf(identity.verifyBearer(await token()))) !== 'accepted') refused += 1;
      if (at % 30 === 0) await settle();
    }
    expect(refused).toBe(0);
    expect(server.fetched.keys + server.fetched.discovery).toBeLessThan(600);
    server.up();
    clock.advance(10 * MINUTE);
    await identity.verifyBearer(await token());
    await settle();
    server.state.keys = [next.publicJwk];
    clock.advance(10 * MINUTE);
    expect(await codeOf(identity.verifyBearer(await token(next)))).toBe('accepted');
  });

  test('stops trusting its keys after three days', async () => {
    const identity = identityOf();
    await identity.verifyBearer(await token());
    server.down();
    clock.advance(KEY_TIMES.staleMs);
    expect(await codeOf(identity.verifyBearer(await token()))).toBe('token_keys_unavailable');
  });

  test('fetches the keys before use after a quiet hour', async () => {
    const identity = identityOf();
    await identity.verifyBearer(await token());
    server.state.keys = [next.publicJwk];
    clock.advance(HOUR);
    expect(await codeOf(identity.verifyBearer(await token()))).toBe('token_key_unknown');
  });

  test('down from the start: 50 calls share one fetch, and retry after the delay', async () => {
    server.down();
    const identity = identityOf();
    for (let at = 0; at < 50; at += 1) {
      expect(await codeOf(identity.verifyBearer(await token()))).toBe('token_keys_unavailable');
    }
    expect(server.fetched).toEqual({ discovery: 1, keys: 0 });
    server.up();
    clock.advance(KEY_TIMES.backoffMs);
    expect(await codeOf(identity.verifyBearer(await token()))).toBe('accepted');
  });

  test('unknown key ids do not shorten the retry delay', async () => {
    const identity = identityOf();
    await identity.verifyBearer(await token());
    server.down();
    for (let at = 0; at < 100; at += 1) {
      await codeOf(identity.verifyBearer(await token(key, { kid: `unknown-${at}` })));
    }
    expect(server.fetched.keys).toBe(2);
  });
});

describe('refused answers of the key endpoint', () => {
  test.each(keyDocumentAttacks)('$attack: $refusedAs ($source)', async ({ refusedAs, of }) => {
    server.state.onKeys = of({ server, key });
    expect(await codeOf(identityOf().verifyBearer(await token()))).toBe(refusedAs);
  });

  test('a broken answer does not remove the known keys', async () => {
    const identity = identityOf();
    await identity.verifyBearer(await token());
    server.state.onKeys = json('{"keys":[]}');
    clock.advance(20 * MINUTE);
    await identity.verifyBearer(await token());
    await settle();
    expect(await codeOf(identity.verifyBearer(await token()))).toBe('accepted');
  });

  test('refuses both of two different keys with one id', async () => {
    const twin = await newKey('k1');
    server.state.keys = [key.publicJwk, twin.publicJwk, next.publicJwk];
    const identity = identityOf();
    expect(await codeOf(identity.verifyBearer(await token()))).toBe('token_key_unknown');
    expect(await codeOf(identity.verifyBearer(await token(next)))).toBe('accepted');
  });

  test.each<[string, Answer]>([
    ['does not come', () => undefined],
    [
      'drips',
      (_request, response) => {
        response.setHeader('content-type', 'application/json');
        const timer = setInterval(() => response.write(' '), 50);
        response.on('close', () => clearInterval(timer));
      },
    ],
  ])('cuts off an answer that %s after the time limit', async (_name, answer) => {
    expect(PROVIDER_LIMITS.timeoutMs).toBe(5_000);
    server.state.onKeys = answer;
    const started = performance.now();
    const bounded = boundedFetch(fetch as Fetch, {
      ...PROVIDER_LIMITS,
      timeoutMs: 300,
      allowHttp: true,
      proxy: null,
    });
    await expect(bounded(server.state.jwksUri)).rejects.toThrow(/timeout|aborted/i);
    expect(performance.now() - started).toBeLessThan(3_000);
  });
});

describe('discovery', () => {
  test.each(discoveryAttacks)('$attack: $refusedAs ($source)', async ({ refusedAs, of }) => {
    const identity = identityOf();
    const text = await token();
    of({ server, key });
    expect(await codeOf(identity.verifyBearer(text))).toBe(refusedAs);
    expect(server.fetched.keys).toBe(0);
  });

  test('never calls plain http in production', async () => {
    const identity = identityOf({ profile: 'production' });
    expect(await codeOf(identity.verifyBearer(await token()))).toBe('token_keys_unavailable');
    expect(server.fetched).toEqual({ discovery: 0, keys: 0 });
  });

  test('follows keys to a new address', async () => {
    const identity = identityOf();
    await identity.verifyBearer(await token());
    server.down();
    clock.advance(10 * MINUTE);
    await identity.verifyBearer(await token());
    await settle();
    server.up();
    server.state.keys = [next.publicJwk];
    server.state.jwksUri = `${server.base}/keys?moved`;
    server.state.onDiscovery = (request, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify(
          request.url === '/keys?moved'
            ? { keys: [next.publicJwk] }
            : { issuer: server.state.issuer, jwks_uri: server.state.jwksUri },
        ),
      );
    };
    server.state.onKeys = (_request, response) => void response.writeHead(404).end();
    clock.advance(10 * MINUTE);
    expect(await codeOf(identity.verifyBearer(await token(next)))).toBe('accepted');
  });
});
