import { PRODUCTION_RULES, DEMO_IDS } from '../../../src/config/check-production.ts';
import { ConfigError } from '../../../src/config/problem.ts';
import { demoBotAppId, demoTenantId } from '../../../src/local/people.ts';
import { beside, configText, edited, exampleEnv, load, problemsOf } from './support.ts';

const tenant = '8c1d2e37-5b46-4f09-9e8a-3d7f60b1c254';
const explicitCloud = (change: string) =>
  [
    'cloud:',
    '    issuer: https://api.botframework.com',
    '    metadataUrl: https://login.botframework.com/v1/.well-known/openidconfiguration',
    '    loginUrl: https://login.microsoftonline.com',
    '    scope: https://api.botframework.com/.default',
    '    serviceUrlHosts: [smba.trafficmanager.net]',
  ]
    .join('\n')
    .replace(/^ {4}(\w+):.*$/gm, (line, key: string) =>
      change.startsWith(`${key}:`) ? `    ${change}` : line,
    );

/** A custom cloud has no default service URL for channels. */
const withServiceUrl = (change: string) =>
  change.startsWith('cloud:')
    ? edited(configText, '    team: 19', '    serviceUrl: https://smba.example\n    team: 19')
    : configText;

/** All problems, or else the warnings. */
function findingsOf(config: string) {
  try {
    return load({ config }).warnings;
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

const cases: { rule: string; path: string; from: string; to: string }[] = [
  {
    rule: 'production_http_public_url',
    path: 'server.publicUrl',
    from: 'publicUrl: https:',
    to: 'publicUrl: http:',
  },
  {
    rule: 'production_loopback_host',
    path: 'server.publicUrl',
    from: 'https://countersign.contoso.example',
    to: 'https://localhost:8443',
  },
  {
    rule: 'production_http_witness',
    path: 'audit.witness.url',
    from: 'audit:\n',
    to: 'audit:\n  witness: { kind: https, url: http://witness.contoso.example/ }\n',
  },
  {
    rule: 'production_http_webhook',
    path: 'executors.deploy-webhook.url',
    from: 'https://deploy',
    to: 'http://deploy',
  },
  {
    rule: 'production_loopback_host',
    path: 'executors.deploy-webhook.url',
    from: 'https://deploy.contoso.example/hooks/countersign',
    to: 'https://127.0.0.1:9000/\n    allowPrivate: [127.0.0.1]',
  },
  {
    rule: 'production_http_issuer',
    path: 'identity.issuers[0].issuer',
    from: `tenant: ${tenant}`,
    to: `tenant: ${tenant}\n      issuer: http://id.contoso.example`,
  },
  {
    rule: 'production_http_issuer',
    path: 'identity.issuers[0].discoveryUrl',
    from: `tenant: ${tenant}`,
    to: `tenant: ${tenant}\n      discoveryUrl: http://id.contoso.example/d`,
  },
  {
    rule: 'production_loopback_host',
    path: 'identity.issuers[0].discoveryUrl',
    from: `tenant: ${tenant}`,
    to: `tenant: ${tenant}\n      discoveryUrl: https://[::1]/d`,
  },
  {
    rule: 'production_http_cloud',
    path: 'teams.cloud.loginUrl',
    from: 'cloud: public',
    to: explicitCloud('loginUrl: http://login.example'),
  },
  {
    rule: 'production_http_cloud',
    path: 'teams.cloud.metadataUrl',
    from: 'cloud: public',
    to: explicitCloud('metadataUrl: http://login.example'),
  },
  {
    rule: 'production_loopback_host',
    path: 'teams.cloud.serviceUrlHosts[0]',
    from: 'cloud: public',
    to: explicitCloud("serviceUrlHosts: ['localhost:4000']"),
  },
  {
    rule: 'production_http_service_url',
    path: 'channels.prod-approvals.serviceUrl',
    from: '    team: 19',
    to: '    serviceUrl: http://smba.example/\n    team: 19',
  },
  {
    rule: 'production_demo_tenant',
    path: 'teams.tenantId',
    from: `tenantId: ${tenant}`,
    to: `tenantId: ${demoTenantId}`,
  },
  {
    rule: 'production_demo_tenant',
    path: 'teams.appId',
    from: 'appId: 2f6ad4b1-90c3-4d6e-8a57-1be0c93f7d24',
    to: `appId: ${demoBotAppId}`,
  },
  {
    rule: 'production_demo_tenant',
    path: 'identity.issuers[0].tenant',
    from: `tenant: ${tenant}`,
    to: `tenant: ${demoTenantId}`,
  },
  {
    rule: 'production_placeholder',
    path: 'teams.appId',
    from: 'appId: 2f6ad4b1-90c3-4d6e-8a57-1be0c93f7d24',
    to: 'appId: 00000000-0000-0000-0000-000000000000',
  },
  {
    rule: 'production_placeholder',
    path: 'identity.issuers[0].tenant',
    from: `tenant: ${tenant}`,
    to: 'tenant: 11111111-2222-3333-4444-555555555555',
  },
];

describe('production', () => {
  test.each(cases)('rejects $path ($rule)', ({ rule, path, from, to }) => {
    const config = edited(withServiceUrl(to), from, to);
    expect(problemsOf({ config })).toEqual(
      expect.arrayContaining([expect.objectContaining({ rule, path })]),
    );
    expect(() => load({ config, profile: 'local' })).not.toThrow();
  });

  test('rejects a short signing secret', () => {
    const env = { ...exampleEnv, COUNTERSIGN_SIGNING_SECRET: 'x'.repeat(31) };
    expect(problemsOf({ env })).toEqual([
      expect.objectContaining({ rule: 'production_short_secret', path: 'signing.secret' }),
    ]);
    const longer = { ...env, COUNTERSIGN_SIGNING_SECRET: 'x'.repeat(32) };
    expect(() => load({ env: longer })).not.toThrow();
  });

  test('has a case here for every rule', () => {
    const shown = new Set([...cases.map(({ rule }) => rule), 'production_short_secret']);
    expect([...shown].sort()).toEqual([...PRODUCTION_RULES].sort());
  });

  test.each([
    ['address_guard_off', { HTTPS_PROXY: 'http://proxy.contoso.test:3128' }],
    ['proxy_missing', {}],
  ])('warns with %s of an executor that calls through a proxy', (rule, more) => {
    const config = edited(configText, 'timeout: 10s', 'proxy: true');
    const { warnings } = load({ config, env: { ...exampleEnv, ...more } });
    expect(warnings.filter(({ path }) => path.endsWith('.proxy'))).toEqual([
      expect.objectContaining({ rule, path: 'executors.deploy-webhook.proxy' }),
    ]);
  });

  test.each([
    ['proxy.contoso.test:3128', 'HTTPS_PROXY in the environment'],
    ['socks5://ann:secret@proxy.contoso.test', 'HTTPS_PROXY in the environment'],
  ])('rejects HTTPS_PROXY=%s without showing it', (url, found) => {
    expect(problemsOf({ env: { ...exampleEnv, HTTPS_PROXY: url } })).toEqual([
      expect.objectContaining({ path: 'server.proxy', found: JSON.stringify(found) }),
    ]);
    expect(() =>
      load({ env: { ...exampleEnv, HTTPS_PROXY: url }, profile: 'local' }),
    ).not.toThrow();
  });

  test('warns of a password of the proxy in the file', () => {
    const address = 'http://ann:secret@proxy.contoso.test:3128';
    const config = edited(configText, 'port: 3978', `proxy: { url: '${address}' }`);
    const { warnings } = load({ config });
    expect(warnings).toContainEqual(
      expect.objectContaining({ rule: 'secret_in_file', path: 'server.proxy.url' }),
    );
    expect(JSON.stringify(warnings)).not.toContain('ann:secret');
    const env = { ...exampleEnv, HTTPS_PROXY: address };
    expect(load({ env }).warnings.map(({ path }) => path)).not.toContain('server.proxy.url');
    const wrong = edited(config, 'http://ann', 'socks5://ann');
    expect(JSON.stringify(problemsOf({ config: wrong }))).toMatch(/server\.proxy(?!.*ann:secret)/);
  });

  test('knows the demo ids of the local profile', () => {
    expect([...DEMO_IDS].sort()).toEqual([demoTenantId, demoBotAppId].sort());
  });

  test('warns of addresses that exist in examples only', () => {
    const config = edited(
      configText,
      'url: https://deploy.contoso.example/',
      'url: https://x.dev/',
    );
    const warned = (text: string) =>
      load({ config: text })
        .warnings.filter(({ rule }) => rule === 'example_address')
        .map(({ path }) => path);
    expect(warned(configText)).toEqual([
      'server.publicUrl',
      'identity.issuers[1].audience',
      'executors.deploy-webhook.url',
    ]);
    expect(warned(config)).toEqual(['server.publicUrl', 'identity.issuers[1].audience']);
    expect(load({ config, profile: 'local' }).warnings).toEqual([]);
  });

  test('warns of a path that looks like a secret, unless a name is shown in its place', () => {
    const line = /url: (https:[^\n]*)/.exec(configText)?.[0] ?? '';
    const secret = 'url: https://hooks.example/services/T024BE7LD/x9Kd82jQpL0sVn4TzR7e';
    const rules = (text: string) =>
      load({ config: edited(configText, line, text) }).warnings.map(({ rule }) => rule);
    expect(rules(secret)).toContain('secret_in_address');
    expect(rules(`${secret}\n    displayName: Deploy hook`)).not.toContain('secret_in_address');
    expect(rules('url: https://deploy.contoso.com/hooks/deploy-production-europe')).not.toContain(
      'secret_in_address',
    );
  });

  test.each([
    ['https://10.0.0.7', 'private_target'],
    ['https://hooks.internal', 'private_target'],
    ['https://127.0.0.1', 'production_loopback_host'],
    ['http://hooks.contoso.com', 'production_http_webhook'],
    ['https://hooks.example', 'example_address'],
    ['https://user:word@hooks.contoso.com', 'wrong_value'],
    ['https//hooks.contoso.com', 'wrong_value'],
    ['hooks.contoso.com', 'wrong_value'],
  ])('shows no path of a target: %s (%s)', (base, rule) => {
    const secret = 'x9Kd82jQpL0sVn4TzR7e';
    const line = /url: (https:[^\n]*)/.exec(configText)?.[0] ?? '';
    const config = edited(
      configText,
      line,
      `url: ${base}/services/T024BE7LD/${secret}?k=${secret}`,
    );
    const found = findingsOf(config);
    expect(found.map((one) => one.rule)).toContain(rule);
    expect(JSON.stringify(found)).not.toContain(secret);
  });

  test('warns of SQLite and of secrets in the file', () => {
    const config = edited(
      edited(
        configText,
        'kind: sqlserver\n  connectionString: ${env:COUNTERSIGN_SQLSERVER}',
        'kind: sqlite\n  path: data/countersign.db',
      ),
      'secret: ${env:COUNTERSIGN_WEBHOOK_SECRET}',
      `secret: ${exampleEnv.COUNTERSIGN_WEBHOOK_SECRET}`,
    );
    const { config: loaded, warnings } = load({ config });
    expect(loaded.store).toEqual({ kind: 'sqlite', path: '/c/data/countersign.db' });
    expect(beside(warnings).map(({ rule, path }) => `${rule} ${path}`)).toEqual([
      'sqlite_in_production store.kind',
      'secret_in_file executors.deploy-webhook.secret',
    ]);
  });
});
