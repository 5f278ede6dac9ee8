import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import type { TeamsConfig } from '../../../src/config/config.ts';
import { createBotCredentials } from '../../../src/identity/bot-credentials.ts';
import { describeError } from '../../../src/lib/logger.ts';
import { APP_ID, TENANT, codeOf, configOf, turnableClock } from './kit.ts';

let server: Server;
let base: string;
let asked: { path: string; form: URLSearchParams; headers: Record<string, unknown> }[];
let failing = false;
let seconds = 3_600;
const clock = turnableClock(Date.now());

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      const path = request.url ?? '';
      response.setHeader('content-type', 'application/json');
      if (path.includes('openid-configuration')) {
        const authority = `https://login.microsoftonline.com/${TENANT}`;
        response.end(
          JSON.stringify({
            issuer: `${authority}/v2.0`,
            token_endpoint: `${authority}/oauth2/v2.0/token`,
            authorization_endpoint: `${authority}/oauth2/v2.0/authorize`,
            jwks_uri: `${authority}/keys`,
          }),
        );
        return;
      }
      asked.push({ path, form: new URLSearchParams(body), headers: request.headers });
      if (failing) {
        response.writeHead(401).end(
          JSON.stringify({
            error: 'invalid_client',
            error_description: 'AADSTS7000215: wrong secret',
          }),
        );
        return;
      }
      response.end(
        JSON.stringify({
          token_type: 'Bearer',
          access_token: `bot-token-${asked.length}`,
          expires_in: seconds,
          expires_on: String(Math.floor(Date.now() / 1_000) + seconds),
          resource: 'x',
        }),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
});
beforeEach(() => {
  asked = [];
  failing = false;
  seconds = 3_600;
  clock.set(Date.now());
});

/** A fetch that redirects Microsoft's login to the server on loopback. */
const toLoopback = (url: string, init?: RequestInit) =>
  fetch(url.replace('https://login.microsoftonline.com', base), init);

function credentials(teams: Partial<TeamsConfig>, profile: 'production' | 'local' = 'production') {
  const config = configOf([], { profile, teams });
  const cloud = { ...config.teams.cloud, loginUrl: 'https://login.microsoftonline.com' };
  return createBotCredentials({
    config: { ...config, teams: { ...config.teams, cloud, ...teams } },
    clock,
    fetch: toLoopback,
  });
}

describe('at Entra, through msal', () => {
  test('a secret', async () => {
    const { value, expiresAt } = await credentials({}).token();
    expect(value).toBe('bot-token-1');
    expect(Math.abs(expiresAt - clock.now() - 3_600_000)).toBeLessThan(5_000);
    expect(asked[0]?.path).toContain(`/${TENANT}/oauth2/v2.0/token`);
    expect(Object.fromEntries(asked[0]?.form ?? [])).toMatchObject({
      grant_type: 'client_credentials',
      client_id: APP_ID,
      client_secret: 'bot-secret',
      scope: expect.stringContaining('https://api.botframework.com/.default'),
    });
  });

  test('a certificate', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    const thumbprintSha256 = 'ab'.repeat(32);
    const { value } = await credentials({
      credential: {
        kind: 'certificate',
        thumbprintSha256,
        privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      },
    }).token();
    expect(value).toBe('bot-token-1');
    const form = asked[0]?.form;
    expect(form?.get('client_secret')).toBeNull();
    const assertion = form?.get('client_assertion') ?? '';
    expect(decodeJwt(assertion)).toMatchObject({ iss: APP_ID, sub: APP_ID });
    expect(decodeProtectedHeader(assertion)['x5t#S256']).toBe(
      Buffer.from(thumbprintSha256, 'hex').toString('base64url'),
    );
  });

  test("a managed identity, at the machine's own endpoint", async () => {
    const before = { ...process.env };
    Object.assign(process.env, { IDENTITY_ENDPOINT: `${base}/msi/token`, IDENTITY_HEADER: 'h' });
    try {
      const { value } = await credentials({
        credential: { kind: 'managedIdentity', clientId: 'identity-1' },
      }).token();
      expect(value).toBe('bot-token-1');
      const url = new URL(asked[0]?.path ?? '', base);
      expect(url.searchParams.get('client_id')).toBe('identity-1');
      expect(url.searchParams.get('resource')).toBe('https://api.botframework.com');
      expect(asked[0]?.headers['x-identity-header']).toBe('h');
    } finally {
      process.env = before;
    }
  });

  describe('a federated credential', () => {
    let folder: string;
    let tokenFile: string;
    const federated = (change: object) => ({
      kind: 'federated' as const,
      tokenFile: null,
      managedIdentity: null,
      audience: 'api://AzureADTokenExchange',
      ...change,
    });
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'countersign-'));
      tokenFile = join(folder, 'token');
    });
    afterEach(() => rmSync(folder, { recursive: true }));

    test('sends the token of the file, read again at each login', async () => {
      seconds = 299;
      writeFileSync(tokenFile, 'eyJ.first.token\n');
      const bot = credentials({ credential: federated({ tokenFile }) });
      expect((await bot.token()).value).toBe('bot-token-1');
      writeFileSync(tokenFile, 'eyJ.second.token');
      await bot.token();
      const forms = asked.map(({ form }) => Object.fromEntries(form));
      expect(forms).toMatchObject([
        {
          grant_type: 'client_credentials',
          client_id: APP_ID,
          client_assertion: 'eyJ.first.token',
          client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        },
        { client_assertion: 'eyJ.second.token' },
      ]);
      expect(forms[0]?.client_secret).toBeUndefined();
    });

    test.each([
      ['is missing', undefined, /cannot be read.*ENOENT/],
      ['is empty', '\n', /holds no token/],
      ['holds several lines', 'eyJ.a.b\neyJ.c.d', /holds no token/],
      ['is too long', 'a'.repeat(70_000), /holds no token/],
    ])('a file that %s fails the login, and says which file', async (_name, text, words) => {
      if (text !== undefined) writeFileSync(tokenFile, text);
      const error = await credentials({ credential: federated({ tokenFile }) })
        .token()
        .catch((caught: unknown) => caught);
      expect(error).toMatchObject({ code: 'bot_login_failed' });
      const told = describeError(error);
      expect(told).toMatch(words);
      expect(told).toContain(tokenFile);
      expect(asked).toEqual([]);
    });

    test('sends the token of a managed identity for the exchange', async () => {
      const before = { ...process.env };
      Object.assign(process.env, { IDENTITY_ENDPOINT: `${base}/msi/token`, IDENTITY_HEADER: 'h' });
      try {
        const credential = federated({ managedIdentity: 'identity-1' });
        expect((await credentials({ credential }).token()).value).toBe('bot-token-2');
      } finally {
        process.env = before;
      }
      const platform = new URL(asked[0]?.path ?? '', base).searchParams;
      expect([platform.get('client_id'), platform.get('resource')]).toEqual([
        'identity-1',
        'api://AzureADTokenExchange',
      ]);
      expect(asked[1]?.form.get('client_assertion')).toBe('bot-token-1');
    });

    test('never logs in over plain http, though the platform is asked so', async () => {
      const cloud = { ...configOf([]).teams.cloud, loginUrl: base };
      writeFileSync(tokenFile, 'eyJ.first.token');
      for (const credential of [federated({ tokenFile }), federated({ managedIdentity: 'x' })]) {
        await expect((async () => credentials({ cloud, credential }).token())()).rejects.toThrow();
      }
      expect(asked.filter(({ form }) => form.has('client_assertion'))).toEqual([]);
    });
  });

  test('asks for one token for all callers, until five minutes before its expiry', async () => {
    const bot = credentials({});
    const first = await Promise.all(Array.from({ length: 100 }, () => bot.token()));
    expect(new Set(first.map(({ value }) => value))).toEqual(new Set(['bot-token-1']));
    expect((await bot.token()).value).toBe('bot-token-1');
    expect(asked).toHaveLength(1);

    seconds = 299;
    const brief = credentials({});
    await brief.token();
    expect((await brief.token()).value).toBe('bot-token-3');
  });

  test('uses a token until its expiry while Entra refuses a new one', async () => {
    seconds = 299;
    const bot = credentials({});
    await bot.token();
    failing = true;
    expect((await bot.token()).value).toBe('bot-token-1');
    clock.advance(300_000);
    expect(await codeOf(bot.token())).toBe('bot_login_failed');
  });

  test('reports a refused login, without the secret', async () => {
    failing = true;
    const error = await credentials({})
      .token()
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'bot_login_failed' });
    expect(String(error)).not.toContain('bot-secret');
  });

  test('never calls plain http in production', async () => {
    const cloud = { ...configOf([]).teams.cloud, loginUrl: base };
    const refused = async () => credentials({ cloud }).token();
    await expect(refused()).rejects.toThrow();
    expect(asked).toEqual([]);
  });
});

describe('in the local profile', () => {
  const local = () => {
    const cloud = { ...configOf([]).teams.cloud, loginUrl: base };
    return credentials({ cloud }, 'local');
  };

  test('logs in over http', async () => {
    expect((await local().token()).value).toBe('bot-token-1');
    expect(asked[0]?.path).toBe(`/${TENANT}/oauth2/v2.0/token`);
    expect(asked[0]?.form.get('scope')).toBe('https://api.botframework.com/.default');
  });

  test('keeps a token until five minutes before its expiry', async () => {
    const bot = local();
    await bot.token();
    clock.advance(3_600_000 - 300_001);
    expect((await bot.token()).value).toBe('bot-token-1');
    clock.advance(1);
    expect((await bot.token()).value).toBe('bot-token-2');
  });

  test('a hundred callers share one login', async () => {
    const bot = local();
    const tokens = await Promise.all(Array.from({ length: 100 }, () => bot.token()));
    expect(new Set(tokens.map(({ value }) => value))).toEqual(new Set(['bot-token-1']));
    expect(asked).toHaveLength(1);
  });

  test('uses a token until its expiry while no new one is available, then reports the failure', async () => {
    const bot = local();
    await bot.token();
    failing = true;
    clock.advance(3_600_000 - 60_000);
    expect((await bot.token()).value).toBe('bot-token-1');
    clock.advance(60_000);
    expect(await codeOf(bot.token())).toBe('bot_login_failed');
    failing = false;
    expect((await bot.token()).value).toMatch(/^bot-token-/);
  });
});
