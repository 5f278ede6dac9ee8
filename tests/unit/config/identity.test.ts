import { generateKeyPairSync } from 'node:crypto';
import { configText, edited, load, problemsOf, workflowText } from './support.ts';

const TENANT = '8c1d2e37-5b46-4f09-9e8a-3d7f60b1c254';
const OTHER = '0b1c2d3e-4f50-4162-8374-95a6b7c8d9e0';
const two = edited(configText, `      tenant: ${TENANT}`, `      tenants: [${TENANT}, ${OTHER}]`);
const bound = edited(
  two,
  '        - claim: roles',
  `        - claim: roles
          tenants: [${TENANT}]`,
);
const rulesOf = (config: string) =>
  problemsOf({ config }).map(({ rule, path }) => `${rule} ${path}`);
const withLookup = (groups: string, lookup = '{}', text = configText) =>
  edited(
    text,
    '    - kind: github',
    `      groupLookup: ${lookup}
    - kind: github`,
  ).replace(
    '        - claim: roles',
    `        - { claim: groups, ${groups} }
        - claim: roles`,
  );
const links = (text: string) =>
  edited(
    configText,
    '  roles:\n    security-lead',
    `  links:
    - identities: ${text}
  roles:
    security-lead`,
  );
const G = '0a000000-0000-4000-8000-000000000001';

describe('role mappings of an issuer with several tenants', () => {
  test('must name their tenants', () => {
    expect(rulesOf(two)).toEqual(['mapping_without_tenants identity.issuers[0].roles[0].tenants']);
    expect(load({ config: bound }).config.identity.issuers[0]?.roles[0]?.tenants).toEqual([TENANT]);
  });

  test('must be written out: the default mapping is rejected', () => {
    const preset = two.replace(/ {6}roles:\n {8}- claim: roles[\s\S]*?(?= {4}- kind: github)/, '');
    expect(rulesOf(preset)).toContain(
      'mapping_without_tenants identity.issuers[0].roles[0].tenants',
    );
  });

  test('may name tenants of that issuer only', () => {
    expect(
      rulesOf(
        bound.replace(
          `tenants: [${TENANT}]\n`,
          `tenants: [${TENANT}, ` + '11111111-2222-4333-8444-555555555555]\n',
        ),
      ),
    ).toEqual(['unknown_tenant identity.issuers[0].roles[0].tenants[1]']);
  });
});

describe('group look-up', () => {
  test("uses the bot's registration and the Graph of the cloud by default", () => {
    const { config } = load({ config: withLookup(`map: { ${G}: approver }`) });
    expect(config.identity.issuers[0]?.groupLookup).toEqual({
      graphUrl: 'https://graph.microsoft.com',
      loginUrl: 'https://login.microsoftonline.com',
      clientId: '2f6ad4b1-90c3-4d6e-8a57-1be0c93f7d24',
      as: 'application',
      credential: { kind: 'secret', secret: 'bot-secret' },
      claims: {},
    });
  });

  test.each([
    ['any group for a role', 'none', '{}', 'group_not_named identity.issuers[0].roles[0].map'],
    [
      'a group by its name',
      'map: { Approvers: approver }',
      '{}',
      'group_not_named identity.issuers[0].roles[0].map.Approvers',
    ],
    [
      'Graph over http',
      `map: { ${G}: approver }`,
      '{ graphUrl: http://graph.example }',
      'production_http_cloud identity.issuers[0].groupLookup.graphUrl',
    ],
    [
      'a claim that the issuer does not list',
      `map: { ${G}: approver }`,
      '{ claims: { badge: employeeId } }',
      'unknown_claim identity.issuers[0].groupLookup.claims.badge',
    ],
  ])('rejects %s', (_name, groups, lookup, problem) => {
    const text = withLookup(groups === 'none' ? `tenants: [${TENANT}]` : groups, lookup);
    expect(rulesOf(text)).toContain(problem);
  });

  test('rejects more groups than one look-up may have', () => {
    const many = Array.from(
      { length: 201 },
      (_, at) => `0a000000-0000-4000-8000-${String(at).padStart(12, '0')}: approver`,
    ).join(', ');
    expect(rulesOf(withLookup(`map: { ${many} }`))).toContain(
      'too_many_groups identity.issuers[0].roles',
    );
  });

  describe('with a managed identity', () => {
    const managed = (text: string) =>
      edited(
        edited(
          text,
          'credential: { kind: secret, secret: ' + "'${env:COUNTERSIGN_BOT_SECRET}' }",
          'credential: { kind: managedIdentity }',
        ),
        '  tenantId: 8c',
        '  appType: UserAssignedMSI\n  tenantId: 8c',
      );
    const map = `map: { ${G}: approver }`;

    test("uses the bot's identity in its own tenant", () => {
      const { config } = load({ config: withLookup(map, '{}', managed(configText)) });
      expect(config.identity.issuers[0]?.groupLookup?.credential).toEqual({
        kind: 'managedIdentity',
        clientId: config.teams.appId,
      });
    });

    test('uses another identity by its client id', () => {
      const of = (id: string) => withLookup(map, `{ credential: { kind: managedIdentity${id} } }`);
      expect(
        load({ config: of(`, clientId: ${OTHER}`) }).config.identity.issuers[0]?.groupLookup
          ?.credential,
      ).toEqual({ kind: 'managedIdentity', clientId: OTHER });
      expect(rulesOf(of(''))).toEqual([
        'missing identity.issuers[0].groupLookup.credential.clientId',
      ]);
    });

    test('rejects the use on behalf of people and in other tenants', () => {
      expect(rulesOf(withLookup(map, '{ as: person }', managed(configText)))).toEqual([
        'wrong_value identity.issuers[0].groupLookup.as',
      ]);
      const both = withLookup(`tenants: [${TENANT}], ${map}`, '{}', managed(bound));
      expect(rulesOf(both)).toEqual(['missing identity.issuers[0].groupLookup.credential']);
    });
  });
});

describe('links between identities', () => {
  const person = `{ issuer: entra, tenant: ${TENANT}, objectId: ${OTHER} }`;

  test('load as written', () => {
    expect(
      load({ config: links(`[${person}, { issuer: github, actor: 583231 }]`) }).config.identity
        .links,
    ).toEqual([
      [
        { issuer: 'entra', tenant: TENANT, objectId: OTHER },
        { issuer: 'github', actor: '583231' },
      ],
    ]);
  });

  const at = (index: number) => `identity.links[0].identities[${index}]`;
  test.each([
    [
      'an unknown issuer',
      `[${person}, { issuer: okta, subject: x }]`,
      `unknown_issuer ${at(1)}.issuer`,
    ],
    [
      'a subject where people are known by object id',
      `[${person}, { issuer: entra, subject: x }]`,
      `wrong_link ${at(1)}`,
    ],
    [
      'an actor of an issuer that names none',
      `[${person}, { issuer: entra, actor: x }]`,
      `wrong_link ${at(1)}`,
    ],
    [
      'a subject of an issuer for pipelines',
      `[${person}, { issuer: github, subject: x }]`,
      `wrong_link ${at(1)}`,
    ],
    [
      'another tenant',
      `[{ issuer: github, actor: x }, { issuer: entra, tenant: ${OTHER}, ` +
        `objectId: ${OTHER} }]`,
      `wrong_link ${at(1)}`,
    ],
    ['one identity twice', `[${person}, ${person}]`, `repeated ${at(1)}`],
  ])('rejects %s', (_name, identities, problem) => {
    expect(rulesOf(links(identities))).toEqual([problem]);
  });
});

describe('administration', () => {
  const administration = (text: string) => configText.replace(/administration:\n(  .*\n)+/, text);

  test('names nobody by default', () => {
    const nobody = { issuers: [], roles: [], auditorRoles: [] };
    expect(load({ config: administration('') }).config.administration).toEqual(nobody);
  });

  test.each([
    [
      'an issuer that is not configured',
      '{ issuers: [okta], roles: [a] }',
      'unknown_issuer',
      '[0]',
    ],
    ['an issuer for workloads', '{ issuers: [github], roles: [a] }', 'unknown_issuer', '[0]'],
    ['administrators without an issuer', '{ roles: [admin] }', 'missing', ''],
    ['auditors without an issuer', '{ auditorRoles: [auditor] }', 'missing', ''],
  ])('rejects %s', (_name, text, rule, at) => {
    expect(rulesOf(administration(`administration: ${text}\n`))).toEqual([
      `${rule} administration.issuers${at}`,
    ]);
  });
});

describe('workflows', () => {
  const workflow = (from: string, to: string) =>
    load({ workflows: { 'deploy.yaml': edited(workflowText, from, to) } });

  test('may set singleUse and recheckRoles', () => {
    const { config } = workflow(
      'execute: { use: deploy-webhook }',
      'execute: { use: deploy-webhook, recheckRoles: true }\nsingleUse: everybody',
    );
    expect(config.workflows[0]).toMatchObject({ singleUse: 'everybody', recheckRoles: true });
  });

  test('keep their version without these keys', () => {
    const [plain] = load().config.workflows;
    const [said] = workflow('execute:', 'singleUse: workloads\nexecute:').config.workflows;
    expect(plain?.version).toBe(said?.version);
    expect(plain).not.toHaveProperty('singleUse');
  });

  describe('warn of a recheck that can never pass', () => {
    const careful = edited(
      workflowText,
      'use: deploy-webhook',
      'use: deploy-webhook, recheckRoles: true',
    );
    const lookup = (text = '{}') => withLookup(`map: { ${G}: approver }`, text);
    const session = (scopes: string) =>
      edited(
        configText,
        '  roles:\n    security-lead',
        '  session: {}\n  roles:\n    security-lead',
      )
        .replace(/ {4}scopes: .*\n/, '')
        .replace('    clientSecret:', `    scopes: [${scopes}]\n    clientSecret:`);
    test.each([
      ['roles', configText, ['execute.recheckRoles']],
      ['a claim that Graph is not asked for', lookup(), ['stages[0].where.claim']],
      ['nothing where Graph tells it', lookup('{ claims: { department: department } }'), []],
      ['nothing where a session tells both', session('openid, offline_access'), []],
      ['a session that cannot be refreshed', session('openid'), ['execute.recheckRoles']],
    ])('%s', (_name, config, paths) => {
      const { warnings } = load({ config, workflows: { 'deploy.yaml': careful } });
      expect(
        warnings.filter(({ rule }) => rule === 'recheck_without_source').map(({ path }) => path),
      ).toEqual(paths);
    });
  });

  test('may list several values of a workload claim', () => {
    const { config } = workflow(
      "repository_id: '734518209'",
      "repository_id: '734518209'\n      ref: [refs/heads/main, refs/heads/stable]",
    );
    expect(config.workflows[0]?.request.workloads[0]?.claims).toMatchObject({
      ref: ['refs/heads/main', 'refs/heads/stable'],
    });
  });
});

describe('role claims of other shapes', () => {
  const withRole = (source: string) =>
    edited(configText, '        - claim: roles', `        - ${source}\n        - claim: roles`);
  const rolesOf = (source: string) =>
    load({ config: withRole(source) }).config.identity.issuers[0]?.roles[0];

  test.each([
    [
      '{ path: realm_access.roles }',
      { claim: 'realm_access.roles', path: ['realm_access', 'roles'] },
    ],
    ['{ path: [resource_access, a.b, roles] }', { path: ['resource_access', 'a.b', 'roles'] }],
    ['{ claim: groups, shape: commas }', { claim: 'groups', shape: 'commas' }],
    [
      "{ claim: 'urn:zitadel:iam:org:project:roles', shape: keys, organizations: ['17'] }",
      { claim: 'urn:zitadel:iam:org:project:roles', shape: 'keys', organizations: ['17'] },
    ],
  ])('reads %s', (source, expected) => {
    expect(rolesOf(source)).toMatchObject(expected);
  });

  test('a path of one name is a claim with a dot in its name', () => {
    expect(rolesOf("{ path: ['realm_access.roles'] }")).toEqual({
      claim: 'realm_access.roles',
      map: null,
    });
  });

  test('rejects a claim whose dots may mean a path, and says what to write', () => {
    const [problem, ...more] = problemsOf({ config: withRole('{ claim: realm_access.roles }') });
    expect(more).toEqual([]);
    expect(problem).toMatchObject({
      rule: 'dotted_claim',
      path: 'identity.issuers[0].roles[0].claim',
      expected:
        "path: realm_access.roles for a nested claim, or path: ['realm_access.roles'] for one name",
    });
  });

  test('takes a namespace with dots as one name', () => {
    const claim = 'https://contoso.example/roles';
    expect(rolesOf(`{ claim: '${claim}' }`)).toEqual({ claim, map: null });
  });

  test.each([
    ['{ map: {} }', 'wrong_value identity.issuers[0].roles[0].claim'],
    ['{ claim: a, path: a.b }', 'wrong_value identity.issuers[0].roles[0].claim'],
    ['{ claim: a, organizations: [b] }', 'wrong_value identity.issuers[0].roles[0].organizations'],
    ['{ path: a..b }', 'wrong_value identity.issuers[0].roles[0].path'],
    ['{ claim: a, shape: words }', 'wrong_value identity.issuers[0].roles[0].shape'],
  ])('rejects %s', (source, rule) => {
    expect(rulesOf(withRole(source))).toEqual([rule]);
  });
});

describe('audiences and issuers of other providers', () => {
  const withOidc = (more: string) =>
    edited(
      configText,
      '    - kind: github',
      `    - kind: oidc
      id: corp
      issuer: https://login.contoso.example
      audience: app-1
      use: [people]
${more}
    - kind: github`,
    );
  const corpOf = (more: string) =>
    load({ config: withOidc(more) }).config.identity.issuers.find(({ id }) => id === 'corp');

  test('are off unless they are written', () => {
    const corp = corpOf('');
    expect([corp?.audienceClaim, corp?.furtherAudiences, corp?.accessTokenIssuer]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  test.each([
    ['      audienceClaim: client_id', { audienceClaim: 'client_id' }],
    [
      "      furtherAudiences: ['279012345678901234']",
      { furtherAudiences: ['279012345678901234'] },
    ],
    [
      '      accessTokenIssuer: http://sts.contoso.example/adfs/services/trust',
      { accessTokenIssuer: 'http://sts.contoso.example/adfs/services/trust' },
    ],
  ])('reads %s', (more, expected) => {
    expect(corpOf(more)).toMatchObject(expected);
  });

  test.each([
    ['      audienceClaim: azp', 'wrong_value identity.issuers[1].audienceClaim'],
    ["      furtherAudiences: ['*']", 'glob_not_possible identity.issuers[1].furtherAudiences[0]'],
    ['      accessTokenIssuer: trust', 'wrong_value identity.issuers[1].accessTokenIssuer'],
    [
      '      accessTokenIssuer: https://countersign.contoso.example',
      'own_issuer identity.issuers[1].accessTokenIssuer',
    ],
  ])('rejects %s', (more, rule) => {
    expect(rulesOf(withOidc(more))).toEqual([rule]);
  });
});

describe('how clients prove themselves', () => {
  const SECRET = "credential: { kind: secret, secret: '${env:COUNTERSIGN_BOT_SECRET}' }";
  const bot = (credential: string) => edited(configText, SECRET, `credential: ${credential}`);
  const CLIENT_SECRET = '    clientSecret: ${env:COUNTERSIGN_BOT_SECRET}\n';
  const signIn = (lines: string) => edited(configText, CLIENT_SECRET, lines);
  const pem = (type: 'pkcs8' | 'pkcs1' = 'pkcs8') =>
    generateKeyPairSync('rsa', { modulusLength: 2_048 })
      .privateKey.export({ type, format: 'pem' })
      .toString();
  const key = (text: string) =>
    `    clientAuth: private_key_jwt\n    clientKey: { privateKey: ${JSON.stringify(text)} }\n`;

  test('a federated credential names a file, relative to the configuration', () => {
    const { config } = load({ config: bot('{ kind: federated, tokenFile: tokens/bot }') });
    expect(config.teams.credential).toEqual({
      kind: 'federated',
      tokenFile: '/c/tokens/bot',
      managedIdentity: null,
      audience: 'api://AzureADTokenExchange',
    });
  });

  test.each([
    ['public', 'api://AzureADTokenExchange'],
    ['usgov', 'api://AzureADTokenExchangeUSGov'],
    ['dod', 'api://AzureADTokenExchangeUSGov'],
  ])('a federated managed identity of the cloud %s is for %s', (cloud, audience) => {
    const text = bot(`{ kind: federated, managedIdentity: ${OTHER} }`).replace(
      'cloud: public',
      `cloud: ${cloud}`,
    );
    const { credential } = load({ config: text, profile: 'local' }).config.teams;
    expect(credential).toMatchObject({ managedIdentity: OTHER, tokenFile: null, audience });
  });

  test.each([
    ['{ kind: federated }'],
    [`{ kind: federated, tokenFile: a, managedIdentity: ${OTHER} }`],
  ])('rejects %s', (credential) => {
    expect(rulesOf(bot(credential))).toEqual([expect.stringContaining('teams.credential')]);
  });

  test.each([
    ['post with a secret', `    clientAuth: post\n${CLIENT_SECRET}`, []],
    ['a key of PKCS #8', key(pem()), []],
    ['a key of PKCS #1', key(pem('pkcs1')), []],
    ['post without a secret', '    clientAuth: post\n', ['teams.signIn.clientSecret']],
    [
      'private_key_jwt without a key',
      '    clientAuth: private_key_jwt\n',
      ['teams.signIn.clientKey'],
    ],
    ['a key beside a secret', key(pem()) + CLIENT_SECRET, ['teams.signIn.clientSecret']],
    [
      'a key without private_key_jwt',
      key(pem()).replace('    clientAuth: private_key_jwt\n', ''),
      ['teams.signIn.clientKey'],
    ],
    ['no key', key('-----BEGIN PRIVATE KEY-----'), ['teams.signIn.clientKey.privateKey']],
    [
      'a key that cannot sign',
      key(
        generateKeyPairSync('x25519')
          .privateKey.export({ type: 'pkcs8', format: 'pem' })
          .toString(),
      ),
      ['teams.signIn.clientKey.privateKey'],
    ],
  ])('teams.signIn: %s', (_name, lines, problems) => {
    const config = signIn(lines);
    if (problems.length === 0) expect(load({ config }).config.teams.signIn).toBeTruthy();
    else expect(problemsOf({ config }).map(({ path }) => path)).toEqual(problems);
  });

  test('no problem of a key shows the key', () => {
    const text = pem().replace('BEGIN PRIVATE', 'BEGIN OTHER PRIVATE');
    const said = JSON.stringify(problemsOf({ config: signIn(key(text)) }));
    expect(said).not.toContain(text.split('\n')[1]);
  });
});
