/** Faults of and attacks through a provider's key endpoint: bounded fetches, lasting keys. */
import type { Config } from '../../src/config/config.ts';
import { PROVIDER_LIMITS, boundedFetch } from '../../src/identity/bounded-fetch.ts';
import type { Fetch } from '../../src/identity/bounded-fetch.ts';
import { createIdentity } from '../../src/identity/identity.ts';
import { KEY_TIMES } from '../../src/identity/jwks.ts';
import {
  codeOf, configOf, log, newKey, oidcIssuer, personClaims, sign, startKeyServer, turnableClock,
} from '../unit/identity/kit.ts';
import type { Answer, Claims, KeyServer, TestKey } from '../unit/identity/kit.ts';

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
const token = (signer = key, header: Claims = {}) =>
  sign(signer, personClaims(server.state.issuer, clock.now()), header);
/** Lets a fetch that runs in the background come to its end. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 50));

describe('unknown key ids', () => {
  test('10,000 in a minute buy one extra fetch, and valid tokens pass beside them', async () => {
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

  test('a day of the storm: at most one extra fetch in five minutes', async () => {
    const identity = identityOf();
    for (let at = 0; at < 24 * 60; at += 1) {
      await codeOf(identity.verifyBearer(await token(key, { kid: `unknown-${at}` })));
      clock.advance(MINUTE);
    }
    expect(server.fetched.keys).toBeLessThanOrEqual(1 + 24 * 12);
  });

  test('a rotation in the middle of the storm arrives by the next fetch', async () => {
    const identity = identityOf();
    await identity.verifyBearer(await token());
    await codeOf(identity.verifyBearer(await token(key, { kid: 'storm' })));
    server.state.keys = [next.publicJwk, key.publicJwk];
    expect(await codeOf(identity.verifyBearer(await token(next)))).toBe('token_key_unknown');
    clock.advance(KEY_TIMES.refreshMs);
    expect(await codeOf(identity.verifyBearer(await token(next)))).toBe('accepted');
  });

  test('an id that was looked for in vain is not looked for again within the hour', async () => {
    const identity = identityOf();
    await identity.verifyBearer(await token());
    for (let at = 0; at < 9; at += 1) {
      await codeOf(identity.verifyBearer(await token(key, { kid: 'old' })));
      clock.advance(MINUTE);
    }
    expect(server.fetched.keys).toBe(2);
  });

  test('a new key of a calm provider is taken at once', async () => {
    const identity = identityOf();
    await identity.verifyBearer(await token());
    server.state.keys = [next.publicJwk];
    expect(await codeOf(identity.verifyBearer(await token(next)))).toBe('accepted');
    expect(await codeOf(identity.verifyBearer(await token(key)))).toBe('token_key_unknown');
  });

  test('a hundred calls at the cold start share one fetch', async () => {
    const identity = identityOf();
    const text = await token();
    await Promise.all(Array.from({ length: 100 }, () => identity.verifyBearer(text)));
    expect(server.fetched).toEqual({ discovery: 1, keys: 1 });
  });
});

describe('a provider that is down', () => {
  test('for a day: no valid token is refused, and fetches are bounded', async () => {
    const identity = identityOf();
    await identity.verifyBearer(await token());
    server.down();
    let refused = 0;
    for (let at = 0; at < 24 * 60; at += 1) {
      clock.advance(MINUTE);
      if (await codeOf(identity.verifyBearer(await token())) !== 'accepted') refused += 1;
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

  test('after three days its keys are not trusted any more', async () => {
    const identity = identityOf();
    await identity.verifyBearer(await token());
    server.down();
    clock.advance(KEY_TIMES.staleMs);
    expect(await codeOf(identity.verifyBearer(await token()))).toBe('token_keys_unavailable');
  });

  test('after a quiet hour the keys are fetched before one is trusted', async () => {
    const identity = identityOf();
    await identity.verifyBearer(await token());
    server.state.keys = [next.publicJwk];
    clock.advance(HOUR);
    expect(await codeOf(identity.verifyBearer(await token()))).toBe('token_key_unknown');
  });

  test('from the start: 50 calls, one fetch, and again after the rest', async () => {
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

  test('unknown key ids do not wake a provider that rests', async () => {
    const identity = identityOf();
    await identity.verifyBearer(await token());
    server.down();
    for (let at = 0; at < 100; at += 1) {
      await codeOf(identity.verifyBearer(await token(key, { kid: `unknown-${at}` })));
    }
    expect(server.fetched.keys).toBe(2);
  });
});

describe('answers of the key endpoint that are refused', () => {
  const json = (body: string): Answer => (_request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(body);
  };
  const keys = (over: Claims) => () =>
    json(JSON.stringify({ keys: [{ ...key.publicJwk, ...over }] }));
  const rows: [string, () => Answer][] = [
    ['a redirect to good keys', () => {
      server.state.onDiscovery = (request, response) => json(JSON.stringify(
        request.url === '/elsewhere' ? { keys: [key.publicJwk] }
          : { issuer: server.state.issuer, jwks_uri: server.state.jwksUri },
      ))(request, response);
      return (_request, response) =>
        void response.writeHead(302, { location: `${server.base}/elsewhere` }).end();
    }],
    ['two megabytes', () => json(JSON.stringify({
      keys: [key.publicJwk], padding: 'x'.repeat(2 * 1024 * 1024),
    }))],
    ['an endless stream', () => (_request, response) => {
      response.setHeader('content-type', 'application/json');
      const more = () => {
        if (!response.destroyed) response.write(' '.repeat(65_536), () => setImmediate(more));
      };
      more();
    }],
    ['HTML', () => (_request, response) => {
      response.setHeader('content-type', 'text/html');
      response.end(JSON.stringify({ keys: [key.publicJwk] }));
    }],
    ['an error with a key set', () => (_request, response) => {
      response.writeHead(500, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ keys: [key.publicJwk] }));
    }],
    ['no JSON', () => json('keys')],
    ['no list of keys', () => json('{"keys":{}}')],
    ['no keys', () => json('{"keys":[]}')],
    ['101 keys', () => json(JSON.stringify({
      keys: Array.from({ length: 101 }, () => key.publicJwk),
    }))],
    ['a broken connection', () => (request) => void request.socket.destroy()],
    ['a key for encryption', keys({ use: 'enc' })],
    ['a key with operations other than verify', keys({ key_ops: ['encrypt'] })],
    ['a key with its private part', keys({ d: 'AQAB' })],
    ['a symmetric key', keys({ kty: 'oct', k: 'c2VjcmV0', n: undefined, e: undefined })],
    ['an exponent of one', keys({ e: 'AQ' })],
    ['a key without id', keys({ kid: undefined })],
    ['a key for a symmetric algorithm', keys({ alg: 'HS256' })],
    ['a weak key', keys({ n: Buffer.alloc(128, 255).toString('base64url') })],
    ['an absurdly long key', keys({ n: Buffer.alloc(1_100, 255).toString('base64url') })],
  ];
  test.each(rows)('%s', async (_name, answer) => {
    server.state.onKeys = answer();
    expect(await codeOf(identityOf().verifyBearer(await token()))).toBe('token_keys_unavailable');
  });

  test('a broken answer does not take away the keys that are known', async () => {
    const identity = identityOf();
    await identity.verifyBearer(await token());
    server.state.onKeys = json('{"keys":[]}');
    clock.advance(20 * MINUTE);
    await identity.verifyBearer(await token());
    await settle();
    expect(await codeOf(identity.verifyBearer(await token()))).toBe('accepted');
  });

  test('two different keys of one id: neither counts', async () => {
    const twin = await newKey('k1');
    server.state.keys = [key.publicJwk, twin.publicJwk, next.publicJwk];
    const identity = identityOf();
    expect(await codeOf(identity.verifyBearer(await token()))).toBe('token_key_unknown');
    expect(await codeOf(identity.verifyBearer(await token(next)))).toBe('accepted');
  });

  test.each<[string, Answer]>([
    ['does not come', () => undefined],
    ['drips', (_request, response) => {
      response.setHeader('content-type', 'application/json');
      const timer = setInterval(() => response.write(' '), 50);
      response.on('close', () => clearInterval(timer));
    }],
  ])('an answer that %s is cut off by the time limit', async (_name, answer) => {
    expect(PROVIDER_LIMITS.timeoutMs).toBe(5_000);
    server.state.onKeys = answer;
    const started = performance.now();
    const bounded = boundedFetch(fetch as Fetch, {
      ...PROVIDER_LIMITS, timeoutMs: 300, allowHttp: true,
    });
    await expect(bounded(server.state.jwksUri)).rejects.toThrow(/timeout|aborted/i);
    expect(performance.now() - started).toBeLessThan(3_000);
  });
});

describe('discovery', () => {
  const rows: [string, () => void][] = [
    ['a document of another issuer (Discovery 4.3)', () => {
      server.state.issuer = 'https://attacker.example';
    }],
    ['an issuer with a slash more', () => { server.state.issuer += '/'; }],
    ['no address of keys', () => { server.state.jwksUri = ''; }],
    ['keys behind another scheme', () => { server.state.jwksUri = 'file:///etc/passwd'; }],
    ['keys behind a password', () => {
      server.state.jwksUri = server.state.jwksUri.replace('//', '//user:secret@');
    }],
    ['a redirect', () => {
      server.state.onDiscovery = (_request, response) =>
        void response.writeHead(301, { location: `${server.base}/other` }).end();
    }],
  ];
  test.each(rows)('%s is refused', async (_name, twist) => {
    const identity = identityOf();
    const text = await token();
    twist();
    expect(await codeOf(identity.verifyBearer(text))).toBe('token_keys_unavailable');
    expect(server.fetched.keys).toBe(0);
  });

  test('production never calls plain http', async () => {
    const identity = identityOf({ profile: 'production' });
    expect(await codeOf(identity.verifyBearer(await token()))).toBe('token_keys_unavailable');
    expect(server.fetched).toEqual({ discovery: 0, keys: 0 });
  });

  test('keys that move are found again', async () => {
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
      response.end(JSON.stringify(request.url === '/keys?moved'
        ? { keys: [next.publicJwk] }
        : { issuer: server.state.issuer, jwks_uri: server.state.jwksUri }));
    };
    server.state.onKeys = (_request, response) => void response.writeHead(404).end();
    clock.advance(10 * MINUTE);
    expect(await codeOf(identity.verifyBearer(await token(next)))).toBe('accepted');
  });
});
