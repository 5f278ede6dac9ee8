/** What the stock parts accept, and what ours do with the same input; docs/threat-model.md. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { Agent, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { TestAdapter } from 'botbuilder';
import type { TurnContext } from 'botbuilder';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { boundedFetch } from '../../src/net/bounded-fetch.ts';
import { createIdentity } from '../../src/identity/identity.ts';
import { createCipher } from '../../src/keys/cipher.ts';
import {
  API,
  codeOf,
  configOf,
  log,
  newKey,
  oidcIssuer,
  personClaims,
  sign,
  signText,
  startKeyServer,
} from '../unit/identity/kit.ts';
import type { KeyServer, TestKey } from '../unit/identity/kit.ts';

const clock = { now: () => Date.now() };

describe('jose alone, and src/identity', () => {
  let server: KeyServer;
  let key: TestKey;
  let token: string;

  beforeAll(async () => {
    key = await newKey('k1');
  });
  beforeEach(async () => {
    server = await startKeyServer();
    server.state.keys = [key.publicJwk];
    token = await sign(key, claims());
  });
  afterEach(() => server.stop());

  const claims = () => personClaims(server.state.issuer, clock.now());
  const keySet = (options = {}) => createRemoteJWKSet(new URL(server.state.jwksUri), options);
  const stock = (text: string, set = keySet()) =>
    codeOf(jwtVerify(text, set, { issuer: server.state.issuer, audience: API }));
  const identity = () => createIdentity({ config: configOf([oidcIssuer(server)]), clock, log });

  test('one token has several encodings, so its text is not a replay key', async () => {
    const [h = '', p = '', s = ''] = token.split('.');
    const last = String.fromCharCode(s.charCodeAt(s.length - 1) + 1);
    for (const text of [`${token}==`, `${token}\n`, `${h}.${p}. ${s}`, token.slice(0, -1) + last]) {
      expect(await stock(text)).toBe('accepted');
      expect(await codeOf(identity().verifyBearer(text))).toBe('token_malformed');
    }
  });

  test('a token without an expiry, or with an infinite one', async () => {
    const endless = { ...claims(), exp: undefined };
    const infinite = JSON.stringify(endless).replace(/\}$/, ',"exp":1e400}');
    for (const [text, code] of [
      [await sign(key, endless), 'token_claim_missing'],
      [await signText(key, { alg: 'RS256', kid: 'k1' }, infinite), 'token_claim_invalid'],
    ] as const) {
      expect(await stock(text)).toBe('accepted');
      expect(await codeOf(identity().verifyBearer(text))).toBe(code);
    }
  });

  test('a provider that is down is called again for every token', async () => {
    server.down();
    const set = keySet();
    for (let at = 0; at < 50; at += 1) await codeOf(jwtVerify(token, set));
    expect(server.fetched.keys).toBe(50);
    const ours = identity();
    const before = server.fetched.discovery;
    for (let at = 0; at < 50; at += 1) await codeOf(ours.verifyBearer(token));
    expect(server.fetched.discovery - before).toBe(1);
  });

  test('keys that were good a moment ago are lost while the provider is down', async () => {
    let now = clock.now();
    const ours = createIdentity({
      config: configOf([oidcIssuer(server)]),
      clock: { now: () => now },
      log,
    });
    const set = keySet({ cacheMaxAge: 1 });
    expect([await stock(token, set), await codeOf(ours.verifyBearer(token))]).toEqual([
      'accepted',
      'accepted',
    ]);
    server.down();
    now += 30 * 60_000;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await stock(token, set)).not.toBe('accepted');
    expect(await codeOf(ours.verifyBearer(token))).toBe('accepted');
  });

  test('a key document may have any size', async () => {
    server.state.keys = [key.publicJwk, { kty: 'oct', k: 'A'.repeat(8_000_000) }];
    expect(await stock(token)).toBe('accepted');
    expect(await codeOf(identity().verifyBearer(token))).toBe('token_keys_unavailable');
  });
});

test('Node accepts a tag of 4 bytes in place of 16; our decryption requires the full length', async () => {
  const [key, iv] = [randomBytes(32), randomBytes(12)];
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  const text = Buffer.concat([cipher.update('hello'), cipher.final()]);
  const open = createDecipheriv('aes-256-gcm', key, iv);
  open.setAuthTag(cipher.getAuthTag().subarray(0, 4));
  expect(Buffer.concat([open.update(text), open.final()]).toString()).toBe('hello');

  const ours = createCipher(randomBytes(32));
  const parts = (await ours.encrypt('hello')).split('.');
  const tag = Buffer.from(parts.pop() ?? '', 'base64url')
    .subarray(0, 4)
    .toString('base64url');
  expect(await codeOf(ours.decrypt([...parts, tag].join('.')))).toBe('ciphertext_invalid');
});

test('fetch ignores an agent and follows redirects; the bounded fetch does neither', async () => {
  const asked: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url);
    response.writeHead(request.url === '/' ? 302 : 200, { location: '/elsewhere' }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  class Refusing extends Agent {
    override createConnection(): never {
      throw new Error('nobody connects through this agent');
    }
  }
  const options = { agent: new Refusing() } as unknown as RequestInit;
  try {
    expect((await fetch(url, options)).status).toBe(200);
    expect(asked).toEqual(['/', '/elsewhere']);
    const bounded = boundedFetch(fetch, {
      timeoutMs: 5_000,
      maxBytes: 100,
      allowHttp: true,
      proxy: null,
    });
    expect((await bounded(url)).status).toBe(302);
    expect(asked).toEqual(['/', '/elsewhere', '/']);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

// Our code keeps no context beyond its turn: later messages use ids (teams/outbound/messenger.ts).
test("botbuilder's context is unusable after its turn", async () => {
  let kept: TurnContext | undefined;
  await new TestAdapter((context) => {
    kept = context;
    return Promise.resolve();
  }).send('hello');
  expect(() => kept?.activity).toThrow(TypeError);
});
