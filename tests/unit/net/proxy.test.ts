import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { generateKeyPairSync } from 'node:crypto';
import { privateAuthority } from '../../support/self-signed.ts';
import { startConnectProxy } from '../../support/connect-proxy.ts';
import type { ConnectProxy } from '../../support/connect-proxy.ts';
import { folder } from '../cli/support.ts';
import { exampleEnv, workflowText } from '../config/support.ts';
import { mkdirSync, writeFileSync } from 'node:fs';

const child = fileURLToPath(new URL('children/call-out.ts', import.meta.url));
const main = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));
const TENANT = '8c1d2e37-5b46-4f09-9e8a-3d7f60b1c254';
const jwk = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' });
const HOSTS = ['idp', 'login', 'graph', 'smba', 'hooks'].map((name) => `${name}.contoso.test`);

/** What the hosts answer, which no name server knows: only a proxy reaches them. */
function answer(host: string, path: string): unknown {
  const issuer = `https://${host}`;
  if (path.includes('openid-configuration')) {
    return {
      issuer: path.includes('v2.0') ? `https://${host}/${TENANT}/v2.0` : issuer,
      jwks_uri: `${issuer}/keys`,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
    };
  }
  if (path.endsWith('/keys')) return { keys: [{ ...jwk, kid: 'k', use: 'sig', alg: 'RS256' }] };
  if (path.endsWith('/token')) {
    return { token_type: 'Bearer', expires_in: 3_600, access_token: 'opaque' };
  }
  if (host.startsWith('graph')) return { value: [] };
  return { id: 'message-1' };
}

const yaml = (server: string, hook: string) => `
server:
  publicUrl: https://countersign.contoso.test
${server}
store: { kind: sqlite, path: store.db }
teams:
  appId: 2f6ad4b1-90c3-4d6e-8a57-1be0c93f7d24
  tenantId: ${TENANT}
  credential: { kind: secret, secret: '\${env:COUNTERSIGN_BOT_SECRET}' }
  cloud:
    issuer: https://login.contoso.test
    metadataUrl: https://login.contoso.test/.well-known/openid-configuration
    loginUrl: https://login.contoso.test
    scope: https://api.contoso.test/.default
    serviceUrlHosts: [smba.contoso.test]
identity:
  issuers:
    - kind: entra
      id: entra
      issuer: https://idp.contoso.test/{tenantid}/v2.0
      discoveryUrl: https://idp.contoso.test/${TENANT}/v2.0/.well-known/openid-configuration
      tenant: ${TENANT}
      audience: 2f6ad4b1-90c3-4d6e-8a57-1be0c93f7d24
      claims: [department]
      roles:
        - claim: groups
          map: { 11111111-2222-3333-4444-555555555555: [developer, approver, security-lead] }
      groupLookup: { graphUrl: 'https://graph.contoso.test' }
    - kind: oidc
      id: acme
      use: [people]
      issuer: https://idp.contoso.test
      audience: countersign
    - { kind: github, id: github, audience: 'https://countersign.contoso.test' }
channels:
  prod-approvals:
    team: 19:1f6f0b8c5d7e4a2b9c3d8e7f6a5b4c3d@thread.tacv2
    channel: 19:9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c4d@thread.tacv2
    serviceUrl: https://smba.contoso.test/emea/
executors:
  deploy-webhook:
    kind: webhook
    url: https://hooks.contoso.test/deploy
    secret: \${env:COUNTERSIGN_WEBHOOK_SECRET}
${hook}
audit:
  witness: { kind: https, url: 'https://hooks.contoso.test/log'${hook === '' ? '' : ', proxy: true'} }
signing: { secret: '\${env:COUNTERSIGN_SIGNING_SECRET}' }
`;

describe('calls out of the machine, through a proxy that has to be used', () => {
  const authority = privateAuthority();
  const stops: (() => unknown)[] = [];
  let port = 0;
  beforeAll(async () => {
    const server = createServer(authority.issue(...HOSTS), (request, response) => {
      const { host = '' } = request.headers;
      response.setHeader('content-type', 'application/json');
      request.resume();
      response.end(JSON.stringify(answer(host, request.url?.split('?')[0] ?? '')));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
    server.unref();
  });
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  });
  async function proxy(options: Partial<Parameters<typeof startConnectProxy>[0]> = {}) {
    const started = await startConnectProxy({ targetPort: port, ...options });
    stops.push(() => started.stop());
    return started;
  }
  /** Calls out in a process of its own; its result for each way. */
  async function callOut(options: {
    env?: Record<string, string>;
    server?: string;
    hook?: string;
    trusted?: boolean;
  }): Promise<Record<string, string>> {
    const dir = folder({
      'ca.pem': authority.cert,
      'countersign.yaml': yaml(options.server ?? '', options.hook ?? ''),
    });
    stops.push(dir.remove);
    mkdirSync(join(dir.path, 'workflows'));
    writeFileSync(join(dir.path, 'workflows', 'deploy.yaml'), workflowText);
    const trusted = options.trusted ?? true;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [child, join(dir.path, 'countersign.yaml')],
      {
        env: {
          PATH: process.env['PATH'],
          ...exampleEnv,
          ...(trusted ? { NODE_EXTRA_CA_CERTS: join(dir.path, 'ca.pem') } : {}),
          ...options.env,
        },
      },
    );
    return JSON.parse(stdout) as Record<string, string>;
  }
  /** How often each host was asked for through the proxy. */
  const count = ({ asked }: ConnectProxy) =>
    Object.fromEntries(
      HOSTS.map((host) => [host, asked.filter((one) => one === `${host}:443`).length]),
    );
  const OURS = {
    provider: 'ok',
    'channel keys': 'ok',
    'bot login': 'ok',
    'graph login': 'ok',
    'provider keys': 'ok',
    graph: 'ok',
    connector: 'ok',
  };
  const some = expect.any(Number) as unknown;

  test.each([
    ['HTTPS_PROXY', (url: string) => ({ env: { HTTPS_PROXY: url } })],
    ['server.proxy', (url: string) => ({ server: `  proxy: { url: '${url}' }` })],
  ])('takes %s for providers, logins, Graph and the Bot Connector', async (_name, given) => {
    const through = await proxy();
    const results = await callOut(given(through.url));
    expect(results).toEqual({
      ...OURS,
      witness: expect.stringContaining('ENOTFOUND') as unknown,
      'probe of deploy-webhook': expect.stringContaining('ENOTFOUND') as unknown,
      'executor deploy-webhook': 'target_unreachable',
    });
    const seen = count(through);
    expect(seen).toEqual({
      ...Object.fromEntries(HOSTS.map((host) => [host, some])),
      'hooks.contoso.test': 0,
    });
    for (const host of HOSTS.slice(0, 4)) expect([host, seen[host]]).not.toEqual([host, 0]);
  });

  test('takes a proxy with an https address, whose certificate is checked', async () => {
    const through = await proxy({ tls: authority.issue('localhost') });
    expect(await callOut({ env: { HTTPS_PROXY: through.url } })).toMatchObject(OURS);
    const other = await proxy({ tls: authority.issue('proxy.contoso.test') });
    const refused = await callOut({ env: { HTTPS_PROXY: other.url } });
    expect(Object.values(refused)).not.toContain('ok');
    expect(other.asked).toEqual([]);
  });

  test('takes it for an executor that says so', async () => {
    const through = await proxy();
    const results = await callOut({
      env: { HTTPS_PROXY: through.url },
      hook: '    proxy: true',
    });
    expect(results).toEqual({
      ...OURS,
      witness: 'ok',
      'probe of deploy-webhook': 'ok',
      'executor deploy-webhook': 'ok',
    });
    expect(count(through)['hooks.contoso.test']).toBe(3);
  });

  test.each([
    ['NO_PROXY', { NO_PROXY: 'graph.contoso.test, .smba.contoso.test' }, ''],
    ['noProxy', {}, 'noProxy: [graph.contoso.test, smba.contoso.test]'],
  ])('reaches directly what %s names', async (_name, env, list) => {
    const through = await proxy();
    const results = await callOut(
      list === ''
        ? { env: { HTTPS_PROXY: through.url, ...env } }
        : { server: `  proxy: { url: '${through.url}', ${list} }` },
    );
    expect(results).toMatchObject({ provider: 'ok', 'bot login': 'ok', 'graph login': 'ok' });
    expect(results['graph']).not.toBe('ok');
    expect(results['connector']).not.toBe('ok');
    expect(count(through)).toMatchObject({ 'graph.contoso.test': 0, 'smba.contoso.test': 0 });
  });

  test('`proxy: none` takes none from the environment', async () => {
    const through = await proxy();
    const results = await callOut({
      env: {
        HTTPS_PROXY: through.url,
        https_proxy: through.url,
        HTTP_PROXY: through.url,
        NODE_USE_ENV_PROXY: '1',
      },
      server: '  proxy: none',
    });
    expect(Object.values(results)).not.toContain('ok');
    expect(through.asked).toEqual([]);
  });

  test('sends user and password, and names a proxy that refuses', async () => {
    const wanting = await proxy({ credentials: 'ann:p@ss' });
    const address = (user: string) => wanting.url.replace('//', `//${user}@`);
    expect(await callOut({ env: { HTTPS_PROXY: address('ann:p%40ss') } })).toMatchObject(OURS);
    const refused = await callOut({ env: { HTTPS_PROXY: address('ann:wrong') } });
    for (const way of ['provider', 'bot login', 'graph login']) {
      expect([way, refused[way]]).toEqual([way, expect.stringContaining('credentials (407)')]);
    }
    expect(JSON.stringify(refused)).not.toContain('wrong');
    const closed = await proxy({ refuse: () => 403 });
    expect((await callOut({ env: { HTTPS_PROXY: closed.url } }))['provider']).toMatch(
      /does not connect to idp\.contoso\.test:443 \(status 403\)/,
    );
  });

  test('the local profile stays on this machine, whatever the environment says', async () => {
    const through = await proxy();
    const home = folder({});
    stops.push(home.remove);
    // Its result is not judged here: a step may time out on a busy machine.
    const { stdout } = await promisify(execFile)(process.execPath, [main, 'demo'], {
      env: {
        PATH: process.env['PATH'],
        COUNTERSIGN_HOME: home.path,
        HTTPS_PROXY: through.url,
        HTTP_PROXY: through.url,
        ALL_PROXY: through.url,
      },
    }).catch((error: { stdout: string }) => error);
    expect(stdout).toMatch(/^ *[1-9]/m);
    expect(through.asked).toEqual([]);
  });

  test('commands that call a service take HTTPS_PROXY', async () => {
    const through = await proxy();
    const dir = folder({ 'ca.pem': authority.cert, token: 'a.b.c' });
    stops.push(dir.remove);
    const command = ['cancel', 'req_1', '--url', 'https://hooks.contoso.test', '--token-file'];
    await promisify(execFile)(process.execPath, [main, ...command, join(dir.path, 'token')], {
      env: {
        PATH: process.env['PATH'],
        HTTPS_PROXY: through.url,
        NODE_EXTRA_CA_CERTS: join(dir.path, 'ca.pem'),
      },
    }).catch(() => undefined);
    expect(through.asked).toEqual(['hooks.contoso.test:443']);
  });

  test('a private authority is trusted by NODE_EXTRA_CA_CERTS alone', async () => {
    const through = await proxy();
    const given = { env: { HTTPS_PROXY: through.url }, hook: '    proxy: true' };
    const results = await callOut({ ...given, trusted: false });
    expect(Object.values(results)).not.toContain('ok');
    expect(results['provider']).toMatch(/certificate/);
  });
});
