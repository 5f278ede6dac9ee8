import { readFileSync } from 'node:fs';
import { CLOUDS } from '../../../src/config/clouds.ts';
import { jsonSchemas } from '../../../src/compose/json-schema.ts';
import { loadConfig } from '../../../src/compose/load-config.ts';
import { ConfigError } from '../../../src/config/problem.ts';
import {
  beside,
  configText,
  edited,
  exampleConfig,
  exampleEnv,
  load,
  problemsOf,
  workflowText,
} from './support.ts';

describe('loadConfig', () => {
  test('loads the example files for production without a warning', () => {
    const { config, warnings } = loadConfig({
      path: exampleConfig,
      env: exampleEnv,
      profile: 'production',
    });
    expect(beside(warnings)).toEqual([]);
    expect(config.workflows.map(({ id }) => id)).toEqual(['deploy-production']);
    expect(config.audit).toEqual({ origin: 'countersign.contoso.example', sealEveryMs: 10_000 });
  });

  test('needs only tenant and audience for Entra', () => {
    const [entra] = load().config.identity.issuers;
    expect(entra).toMatchObject({
      kind: 'entra',
      issuer: 'https://login.microsoftonline.com/{tenantid}/v2.0',
      discoveryUrl:
        'https://login.microsoftonline.com/8c1d2e37-5b46-4f09-9e8a-3d7f60b1c254' +
        '/v2.0/.well-known/openid-configuration',
      tenants: ['8c1d2e37-5b46-4f09-9e8a-3d7f60b1c254'],
      algorithms: ['RS256'],
      use: ['people'],
      teams: { objectIdClaim: 'oid', tenantClaim: 'tid' },
    });
  });

  test('derives single sign-on from the app id', () => {
    const appId = '2f6ad4b1-90c3-4d6e-8a57-1be0c93f7d24';
    expect(load().config.teams.singleSignOn).toMatchObject({
      enabled: true,
      issuer: 'entra',
      resource: `api://botid-${appId}`,
      audiences: [appId, `api://botid-${appId}`],
      scope: 'access_as_user',
      clients: ['1fec8e78-bce4-4aaf-ab1b-5451cc387264', '5e3ce6c0-2b1f-4285-8d4b-75ee78787346'],
    });
  });

  test('gives a session default limits, and has none unless configured', () => {
    expect(load().config.identity.session).toBeUndefined();
    const config = edited(configText, 'identity:\n', 'identity:\n  session: {}\n');
    expect(load({ config }).config.identity.session).toEqual({
      idleMs: 8 * 3_600_000,
      absoluteMs: 24 * 3_600_000,
      maxClaimAgeMs: 900_000,
      sliding: true,
    });
    const alone = edited(
      config,
      '  signIn:\n    issuer: entra\n    clientId: ' +
        '2f6ad4b1-90c3-4d6e-8a57-1be0c93f7d24\n' +
        '    clientSecret: ${env:COUNTERSIGN_BOT_SECRET}\n',
      '',
    );
    expect(problemsOf({ config: alone })).toEqual([
      expect.objectContaining({ rule: 'session_without_sign_in', path: 'identity.session' }),
    ]);
  });

  test('includes the step-up of a stage in the version of the workflow', () => {
    const name = '  - name: Service owner\n';
    const stepUp = '    stepUp: { acr: [c1], maxAge: 5m }\n';
    const text = edited(workflowText, name, name + stepUp);
    const [plain, strong] = [load(), load({ workflows: { 'deploy.yaml': text } })].map(
      ({ config }) => config.workflows[0],
    );
    expect(plain?.stages[0]).not.toHaveProperty('stepUp');
    expect(strong?.stages[0]?.stepUp).toEqual({ acr: ['c1'], amr: null, maxAgeMs: 300_000 });
    expect(strong?.version).not.toBe(plain?.version);
  });

  test.each(['usgov', 'dod', 'china'] as const)('knows the cloud %s by its name', (cloud) => {
    const text = edited(configText, 'cloud: public', `cloud: ${cloud}`);
    const config =
      cloud === 'china'
        ? edited(text, '    team: 19', '    serviceUrl: https://smba.example.cn/\n    team: 19')
        : text;
    const loaded = load({ config }).config;
    expect(loaded.teams.cloud).toEqual(CLOUDS[cloud].teams);
    expect(loaded.identity.issuers[0]?.issuer).toBe(
      `${CLOUDS[cloud].teams.loginUrl}/{tenantid}/v2.0`,
    );
  });

  test('requires a service URL in a cloud without a default', () => {
    const config = edited(configText, 'cloud: public', 'cloud: china');
    expect(problemsOf({ config })).toEqual([
      expect.objectContaining({ rule: 'missing', path: 'channels.prod-approvals.serviceUrl' }),
    ]);
  });

  test('keeps the reference of a secret, and only the hash of one in the file', () => {
    const byName = load().config.executors['deploy-webhook'];
    expect(byName?.secretRefs).toEqual({ secret: '${env:COUNTERSIGN_WEBHOOK_SECRET}' });
    expect(byName?.section['secret']).toBe(exampleEnv.COUNTERSIGN_WEBHOOK_SECRET);
    const config = edited(
      configText,
      '${env:COUNTERSIGN_WEBHOOK_SECRET}',
      exampleEnv.COUNTERSIGN_WEBHOOK_SECRET,
    );
    const literal = load({ config }).config.executors['deploy-webhook'];
    expect(literal?.secretRefs['secret']).toMatch(/^sha256:[\w-]{43}$/);
  });

  test('freezes the whole configuration', () => {
    const { config } = load();
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.workflows[0]?.stages[0]?.roles)).toBe(true);
  });

  test('uses PORT of the environment, which must be a port', () => {
    expect(load({ env: { ...exampleEnv, PORT: '0' } }).config.server.port).toBe(0);
    expect(problemsOf({ env: { ...exampleEnv, PORT: 'eighty' } })).toEqual([
      expect.objectContaining({ path: 'server.port', found: 'PORT=eighty in the environment' }),
    ]);
  });

  test('reports a missing file as a problem', () => {
    expect(() => loadConfig({ path: '/nowhere/c.yaml', env: {}, profile: 'production' })).toThrow(
      /\/nowhere\/c\.yaml:1:1: found nothing is there; expected .*COUNTERSIGN_CONFIG/,
    );
  });

  test('reports hostile files as problems', () => {
    const deep = `${'[ '.repeat(5_000)}${' ]'.repeat(5_000)}`;
    const bomb = `a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n__proto__: { polluted: 1 }\n`;
    for (const config of [deep, bomb, '', '- 1', '\u0000', '%YAML 9.9', '!!js/function x', '{']) {
      expect(problemsOf({ config }).length).toBeGreaterThan(0);
    }
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe('the version of a workflow', () => {
  const versionOf = (text: string) =>
    load({ workflows: { 'w.yaml': text } }).config.workflows[0]?.version;

  test('ignores comments, order of keys and white space', () => {
    const comment = edited(workflowText, 'title:', '# a comment\ntitle:  ');
    const without = edited(workflowText, 'timing: { expire: 24h }\n', '');
    const moved = `${without}timing: { expire: 1d }\n`;
    expect(versionOf(comment)).toBe(versionOf(workflowText));
    expect(versionOf(moved)).toBe(versionOf(workflowText));
  });

  test('changes with any rule', () => {
    const changed = edited(workflowText, 'quorum: 1', 'quorum: 2');
    expect(versionOf(changed)).not.toBe(versionOf(workflowText));
  });

  test('warns of a repository that is identified by its name only', () => {
    const text = edited(workflowText, "repository_id: '734518209'", 'ref: refs/heads/main');
    expect(beside(load({ workflows: { 'w.yaml': text } }).warnings)).toEqual([
      expect.objectContaining({ rule: 'repository_by_name' }),
    ]);
  });
});

test('the JSON Schemas in docs/reference match the code', () => {
  for (const [name, text] of Object.entries(jsonSchemas())) {
    const file = new URL(`../../../docs/reference/${name}`, import.meta.url);
    expect(readFileSync(file, 'utf8')).toBe(text);
  }
});

describe('server.pages', () => {
  const withPages = (pages: string) =>
    edited(configText, '  port: 3978\n', `  port: 3978\n  pages: ${pages}\n`);

  test('are addresses, or texts of files beside countersign.yaml', () => {
    const config = withPages('{ privacy: texts/privacy.txt, terms: https://www.northwind.dev/t }');
    const loaded = load({ config, files: { '/c/texts/privacy.txt': 'Ours.\n' } }).config;
    expect(loaded.server.pages).toEqual({
      privacy: { text: 'Ours.\n' },
      terms: { redirect: 'https://www.northwind.dev/t' },
    });
  });

  test.each(['missing.txt', 'http://www.northwind.dev', 'javascript://x', 'empty.txt'])(
    'rejects %s',
    (page) => {
      const config = withPages(`{ home: '${page}' }`);
      expect(problemsOf({ config, files: { '/c/empty.txt': '\n' } })).toMatchObject([
        { rule: 'page_unreadable', path: 'server.pages.home' },
      ]);
    },
  );
});

describe('channels', () => {
  const CHANNEL = '19:9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c4d@thread.tacv2';
  const TEAM = '19:1f6f0b8c5d7e4a2b9c3d8e7f6a5b4c3d@thread.tacv2';
  const link = (kind: string, id: string, rest: string) =>
    `https://teams.microsoft.com/l/${kind}/${encodeURIComponent(id)}/${rest}?groupId=` +
    '2f6ad4b1-90c3-4d6e-8a57-1be0c93f7d24&tenantId=8c1d2e37-5b46-4f09-9e8a-3d7f60b1c254';

  test.each([
    ['the link to the channel', link('channel', CHANNEL, 'Approvals%20now')],
    ['an encoded id', CHANNEL.replace(':', '%3a').replace('@', '%40')],
    ['an id', CHANNEL],
  ])('take %s', (_name, channel) => {
    const config = edited(configText, `channel: ${CHANNEL}`, `channel: '${channel}'`);
    expect(load({ config }).config.channels['prod-approvals']?.channelId).toBe(CHANNEL);
  });

  test('take the link to the team', () => {
    const team = link('team', TEAM, 'conversations');
    const config = edited(configText, `team: ${TEAM}`, `team: '${team}'`);
    expect(load({ config }).config.channels['prod-approvals']?.teamId).toBe(TEAM);
  });

  test.each([
    'General',
    '2f6ad4b1-90c3-4d6e-8a57-1be0c93f7d24',
    '19:meeting_abc@thread.v2',
    '19%zz@thread.tacv2',
    'https://www.northwind.dev/l/x',
    link('team', TEAM, 'conversations'),
  ])('reject %s, and say what to paste', (channel) => {
    const config = edited(configText, `channel: ${CHANNEL}`, `channel: '${channel}'`);
    expect(problemsOf({ config })).toMatchObject([
      {
        rule: 'wrong_value',
        path: 'channels.prod-approvals.channel',
        expected: expect.stringContaining('"Get link to channel"'),
      },
    ]);
  });
});

describe('a webhook target', () => {
  const TARGET = 'url: https://deploy.contoso.example/hooks/countersign';
  const found = (url: string, allowed = '') => {
    const config = edited(configText, TARGET, `url: ${url}\n    allowPrivate: [${allowed}]`);
    try {
      return load({ config }).warnings.map(({ rule, path }) => `warning ${rule} ${path}`);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return error.problems.map(({ rule, path }) => `${rule} ${path}`);
    }
  };
  const noted = (...given: Parameters<typeof found>) =>
    found(...given).filter((line) => !line.includes('example_address'));

  test.each(['https://10.1.2.3/hook', 'https://[fd00::5]/', 'https://169.254.169.254/'])(
    'is rejected as %s without allowPrivate',
    (url) => expect(noted(url)).toEqual(['private_target executors.deploy-webhook.url']),
  );

  test('is warned of under a private name without allowPrivate', () => {
    const warning = 'warning private_target executors.deploy-webhook.url';
    expect(noted('https://deploy/hook')).toEqual([warning]);
    expect(noted('https://deploy.svc.internal/')).toEqual([warning]);
  });

  test('is accepted where allowPrivate lists it', () => {
    expect(noted('https://10.1.2.3/hook', '10.0.0.0/8')).toEqual([]);
    expect(noted('https://deploy.internal/', 'deploy.internal')).toEqual([]);
    expect(noted('https://8.8.8.8/')).toEqual([]);
  });

  test('is rejected with a pattern in allowPrivate', () => {
    expect(noted('https://10.1.2.3/hook', "'*.internal'")).toEqual([
      'wrong_value executors.deploy-webhook.allowPrivate[0]',
    ]);
  });
});
