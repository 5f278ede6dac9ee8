/** `countersign doctor` against the parts of the local profile, working and broken. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { IssuerConfig } from '../../../src/config/config.ts';
import { createDirectory } from '../../../src/directory/directory.ts';
import { diagnoseIdentity } from '../../../src/identity/inspect/diagnose.ts';
import type { Finding } from '../../../src/identity/inspect/finding.ts';
import { startLocalParts } from '../../../src/local/profile.ts';
import type { LocalParts } from '../../../src/local/profile.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLogger } from '../../../src/lib/logger.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { GRAPH, LOGIN, startGraph } from '../identity/fake-graph.ts';
import {
  APP_ID,
  OTHER_TENANT,
  TENANT,
  configOf,
  entraIssuer,
  newKey,
  personClaims,
  sign,
  startKeyServer,
} from '../identity/kit.ts';
import type { Claims } from '../identity/kit.ts';
import { cli } from './support.ts';

let home: string;
let parts: LocalParts;
let notInstalled: Awaited<ReturnType<typeof doctor>>;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'countersign-doctor-'));
  parts = await startLocalParts({ home });
  const path = parts.env.LOCAL_STORE ?? '';
  await (
    await openStore({ kind: 'sqlite', path }, { clock: systemClock, log: silentLogger })
  ).close();
  notInstalled = await doctor();
  await install();
});
afterAll(async () => {
  await parts.stop();
  await rm(home, { recursive: true, force: true });
});

/** Adds the bot to the team; a service that takes everything stands in for ours. */
async function install(): Promise<void> {
  const service = createServer((_req, res) => res.end());
  service.listen(Number(new URL(parts.url).port), '127.0.0.1');
  await once(service, 'listening');
  await parts.connector.install();
  service.closeAllConnections();
  service.close();
}

async function doctor(env: Record<string, string> = {}, more: readonly string[] = []) {
  const args = ['doctor', '--config', parts.configPath, '--profile', 'local', '--json', ...more];
  const { code, out } = await cli(args, { env: { ...parts.env, ...env } });
  const report = JSON.parse(out) as { ok: boolean; findings: Finding[] };
  return {
    code,
    ...report,
    // The demo's workflow names a repository, which `check` warns about too.
    bad: report.findings
      .filter(({ result, check }) => result !== 'ok' && check !== 'repository_by_name')
      // The connector limits how often a bot may read, and these tests ask very often.
      .filter(({ found }) => !found.endsWith('answered 429'))
      .map(({ part, check, result }) => `${result} ${part}: ${check}`),
  };
}

test('reports OK for every part of a working set-up', async () => {
  const { code, ok, findings, bad } = await doctor();
  expect(bad).toEqual([]);
  expect([code, ok]).toEqual([0, true]);
  expect(new Set(findings.map(({ part, check }) => `${part}: ${check}`))).toEqual(
    new Set([
      'configuration: valid',
      'configuration: repository_by_name',
      ...[
        'https',
        'reachable',
        'issuer',
        'clock',
        'jwks_uri',
        'keys',
        'algorithms',
        'authorization_endpoint',
        'token_endpoint',
        'pkce',
        'token endpoint',
      ].map((check) => `issuer local: ${check}`),
      ...[
        'https',
        'reachable',
        'issuer',
        'clock',
        'jwks_uri',
        'keys',
        'algorithms',
        'endorsements',
      ].map((check) => `channel bot-framework: ${check}`),
      'bot: login',
      'channel approvals: bot',
      'executor database-webhook: reachable',
      'executor deploy-webhook: reachable',
      'executor payment-webhook: reachable',
      'store: opens',
      'store: writable',
      'store: schema',
      'keys: open',
      'network: proxy',
    ]),
  );
});

test('reports a channel that the bot is not in', () => {
  expect(notInstalled.bad).toEqual(['fail channel approvals: bot']);
  expect(notInstalled.findings).toContainEqual(
    expect.objectContaining({
      found: 'the Bot Connector answered 403: the bot is not in this channel',
      change: 'add the app to the team',
    }),
  );
});

test.each([
  ['a file that is not there', '/nowhere/ca.pem'],
  ['a file without a certificate', fileURLToPath(import.meta.url)],
])('reports NODE_EXTRA_CA_CERTS with %s, which Node ignores', async (_name, path) => {
  const { code, bad } = await doctor({ NODE_EXTRA_CA_CERTS: path });
  expect([code, bad]).toEqual([1, ['fail network: certificate authority']]);
});

test('prints one line a finding, without secrets', async () => {
  const args = ['doctor', '--config', parts.configPath, '--profile', 'local'];
  const { code, out } = await cli(args, { env: parts.env });
  expect(code).toBe(0);
  expect(out).toMatch(/^OK {4}issuer local: issuer +http:\/\/127/m);
  expect(out).toMatch(/\n\d+ checks: 0 failed, 1 with a warning\.\n$/);
  for (const name of ['LOCAL_APP_SECRET', 'LOCAL_SIGN_IN_SECRET', 'LOCAL_SIGNING_SECRET']) {
    expect(out).not.toContain(parts.env[name]);
  }
});

describe('reports', () => {
  const rows: [string, Record<string, string>, string][] = [
    [
      'an unreachable provider',
      { LOCAL_ISSUER: 'http://127.0.0.1:59871' },
      'fail issuer local: reachable',
    ],
    [
      'a wrong secret of the sign-in client',
      { LOCAL_SIGN_IN_SECRET: 'expired' },
      'fail issuer local: token endpoint',
    ],
    ['a wrong secret of the bot', { LOCAL_APP_SECRET: 'expired' }, 'fail bot: login'],
    [
      'a channel of another issuer',
      { LOCAL_CHANNEL_ISSUER: 'https://other.example' },
      'fail channel bot-framework: issuer',
    ],
    [
      'a store that does not exist yet',
      { LOCAL_STORE: '/nowhere/countersign.db' },
      'fail store: store_folder_missing',
    ],
    [
      'a channel that the connector does not know',
      { LOCAL_CHANNEL: '19:other@thread.tacv2' },
      'fail channel approvals: bot',
    ],
    [
      'a target that nothing listens at',
      { LOCAL_TARGET: 'http://127.0.0.1:59871/hook' },
      'fail executor deploy-webhook: reachable',
    ],
    [
      'a target at a private address without leave',
      { LOCAL_TARGET: 'http://10.1.2.3/hook' },
      'fail configuration: private_target',
    ],
    [
      'a configuration that does not load',
      { LOCAL_SERVICE_URL: 'nonsense' },
      'fail configuration: wrong_value',
    ],
  ];
  test.each(rows)('%s', async (_name, env, expected) => {
    const { bad, findings, code } = await doctor(env);
    expect(bad).toContain(expected);
    expect(code).toBe(expected.startsWith('fail') ? 1 : 0);
    for (const one of findings) expect(one.result === 'ok').toBe(one.change === undefined);
  });

  test('a new database as one that the first start makes', async () => {
    const path = join(home, 'new.db');
    expect((await doctor({ LOCAL_STORE: path })).bad).toEqual(['warn store: opens']);
  });

  test.each([
    ['reachable', { LOCAL_ISSUER: 'http://127.0.0.1:59871' }, /^nothing answers there/],
    ['reachable', { LOCAL_ISSUER: 'http://no-such-host.invalid' }, /^the host name is not known/],
    ['login', { LOCAL_APP_SECRET: 'expired' }, /^check teams\.appId/],
    ['login', { LOCAL_LOGIN_URL: 'http://127.0.0.1:59871' }, /^nothing answers there/],
    ['reachable', { LOCAL_TARGET: 'http://127.0.0.1:59871/' }, /^nothing answers there/],
  ])('at %s with %j what has to be mended', async (check, env, change) => {
    const { findings } = await doctor(env);
    const failed = findings.find((one) => one.check === check && one.result === 'fail');
    expect(failed?.change).toMatch(change);
  });

  test('an address of the provider that answers with something else, not the network', async () => {
    const { LOCAL_ISSUER: issuer = '' } = parts.env;
    const { findings } = await doctor({ LOCAL_ISSUER: `${issuer}/nowhere` });
    const failed = findings.find(({ check, result }) => check === 'reachable' && result === 'fail');
    expect(failed).toMatchObject({ found: expect.stringContaining('answered 404') });
    expect(failed?.change).toMatch(/^check the address \(discoveryUrl or issuer\)/);
  });

  test('a rejected client secret, not an outage', async () => {
    const { findings } = await doctor({ LOCAL_SIGN_IN_SECRET: 'expired' });
    expect(findings.find(({ check }) => check === 'token endpoint')).toMatchObject({
      found: 'invalid_client',
      change: expect.stringContaining('teams.signIn.clientId'),
    });
  });

  test('keys encrypted under another signing secret', async () => {
    const { createKeys } = await import('../../../src/keys/keys.ts');
    const path = parts.env.LOCAL_STORE ?? '';
    const store = await openStore(
      { kind: 'sqlite', path },
      {
        clock: systemClock,
        log: silentLogger,
      },
    );
    const secret = 'another signing secret that is long enough';
    await createKeys({ store, secret, clock: systemClock });
    await store.close();
    expect((await doctor()).bad).toEqual(['fail keys: open']);
    expect((await doctor({ LOCAL_SIGNING_SECRET: secret })).bad).toEqual([]);
  });
});

describe('the login for group look-ups', () => {
  const lookup: NonNullable<IssuerConfig['groupLookup']> = {
    graphUrl: GRAPH,
    loginUrl: LOGIN,
    clientId: APP_ID,
    as: 'application',
    credential: { kind: 'secret', secret: 'app-secret' },
  };

  test('is tested in each tenant', async () => {
    const graph = await startGraph();
    const server = await startKeyServer();
    try {
      const tenants = [TENANT, OTHER_TENANT];
      const config = configOf([entraIssuer(server, { groupLookup: lookup, tenants })]);
      const parts = { config, clock: systemClock, log: silentLogger, fetch: graph.fetch };
      const look = async () =>
        (await diagnoseIdentity({ ...parts, directory: createDirectory(parts) })).filter(
          ({ check }) => check === 'group lookup',
        );
      expect((await look()).map(({ part, result }) => `${result} ${part}`)).toEqual([
        'ok issuer entra',
        'ok issuer entra',
      ]);
      graph.state.loginFails = true;
      const [first, second] = await look();
      expect(first).toMatchObject({ result: 'fail', found: expect.stringContaining(TENANT) });
      expect(second?.change).toContain('secret may have expired');
      expect(JSON.stringify([first, second])).not.toContain('app-secret');
    } finally {
      await Promise.all([server.stop(), graph.stop()]);
    }
  });

  test('is part of the command', async () => {
    const text = await readFile(parts.configPath, 'utf8');
    await cp(join(dirname(parts.configPath), 'workflows'), join(home, 'workflows'), {
      recursive: true,
    });
    const path = join(home, 'with-entra.yaml');
    await writeFile(
      path,
      text.replace(
        'channels:\n',
        `    - id: entra
      kind: entra
      tenant: ${TENANT}
      audience: ${APP_ID}
      groupLookup: { graphUrl: 'https://127.0.0.1:9' }
channels:
`,
      ),
    );
    const args = ['doctor', '--config', path, '--profile', 'local', '--json'];
    const { code, out } = await cli(args, { env: parts.env });
    const { findings } = JSON.parse(out) as { findings: Finding[] };
    expect(code).toBe(1);
    expect(findings).toContainEqual(
      expect.objectContaining({
        part: 'issuer entra',
        check: 'group lookup',
        result: 'fail',
      }),
    );
  });
});

describe('with a token', () => {
  const ofToken = async (over: Claims) => {
    const server = await startKeyServer();
    const key = await newKey('k1');
    server.state.keys = [key.publicJwk];
    const file = join(home, 'token.txt');
    await writeFile(file, await sign(key, personClaims(server.base, Date.now(), over)));
    try {
      const { code, findings } = await doctor({ LOCAL_ISSUER: server.base }, [
        '--token-file',
        file,
      ]);
      return { code, found: findings.filter(({ part }) => part === 'token') };
    } finally {
      await server.stop();
    }
  };

  test('says where a role claim is there in another shape, and what to write', async () => {
    const { found } = await ofToken({ roles: { approver: true } });
    expect(found).toContainEqual({
      part: 'token',
      check: 'roles',
      result: 'warn',
      found: 'roles {"approver":true}',
      change: expect.stringContaining('roles is an object: write shape: keys'),
    });
  });

  test('says where a text holds several roles', async () => {
    const { found } = await ofToken({ roles: 'approver reader' });
    expect(found).toContainEqual(
      expect.objectContaining({
        check: 'roles',
        result: 'warn',
        change: expect.stringContaining('shape: blanks'),
      }),
    );
  });

  test('has nothing against roles in the configured shape', async () => {
    const { found } = await ofToken({ roles: ['approver'] });
    expect(found.find(({ check }) => check === 'roles')?.result).toBe('ok');
  });

  test('never shows a token inside a claim', async () => {
    const inner = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln';
    const { found } = await ofToken({ roles: { approver: inner } });
    expect(JSON.stringify(found)).not.toContain(inner);
  });
});

describe('reports of a provider document', () => {
  const strange = async (change: (server: Awaited<ReturnType<typeof startKeyServer>>) => void) => {
    const server = await startKeyServer();
    const key = await newKey('k1');
    server.state.keys = [key.publicJwk];
    change(server);
    try {
      return (await doctor({ LOCAL_ISSUER: server.base })).bad;
    } finally {
      await server.stop();
    }
  };

  test('an issuer that differs in one character', async () => {
    expect(
      await strange(({ state }) => {
        state.issuer += '/';
      }),
    ).toContain('fail issuer local: issuer');
  });

  test("ADFS's other issuer of access tokens", async () => {
    const named = (server: Awaited<ReturnType<typeof startKeyServer>>) => {
      const { base, state } = server;
      state.onDiscovery = (_request, response) => {
        response.setHeader('content-type', 'application/json');
        const access = 'http://sts.contoso.example/adfs/services/trust';
        const document = { issuer: base, jwks_uri: `${base}/keys`, access_token_issuer: access };
        response.end(JSON.stringify(document));
      };
    };
    expect(await strange(named)).toContain('warn issuer local: access_token_issuer');
  });

  test('a missing jwks_uri', async () => {
    expect(
      await strange(({ state }) => {
        state.jwksUri = '';
      }),
    ).toContain('fail issuer local: jwks_uri');
  });

  test('a key set without a usable key', async () => {
    expect(
      await strange(({ state }) => {
        state.keys = [{ kty: 'oct', k: 'AAAA', kid: 'x' }];
      }),
    ).toContain('fail issuer local: keys');
  });

  test('keys that are not used, with the reason', async () => {
    expect(
      await strange(({ state }) => {
        state.keys = [...state.keys, { ...state.keys[0], kid: undefined }];
      }),
    ).toContain('warn issuer local: key ids');
    expect(
      await strange(({ state }) => {
        state.keys = [...state.keys, { ...state.keys[0], kid: 'weak', n: 'AQAB' }];
      }),
    ).toContain('warn issuer local: keys');
  });

  test('says nothing against one key without an id', async () => {
    const found = await strange(({ state }) => {
      state.keys = state.keys.map((key) => ({ ...key, kid: undefined }));
    });
    expect(found.filter((line) => /issuer local: key/.test(line))).toEqual([]);
  });

  test('keys for another algorithm than the configured one', async () => {
    const elliptic = await newKey('e1', 'ES256');
    expect(
      await strange(({ state }) => {
        state.keys = [elliptic.publicJwk];
      }),
    ).toContain('fail issuer local: algorithms');
  });

  test('a clock that is one minute off as failed, ten seconds off as a warning', async () => {
    const off = (seconds: number) =>
      strange(({ state, base }) => {
        state.onDiscovery = (_request, response) => {
          response.setHeader('date', new Date(systemClock.now() + seconds * 1_000).toUTCString());
          response.setHeader('content-type', 'application/json');
          response.end(JSON.stringify({ issuer: base, jwks_uri: `${base}/keys` }));
        };
      });
    expect(await off(60)).toContain('fail issuer local: clock');
    expect(await off(10)).toContain('warn issuer local: clock');
  });
});
