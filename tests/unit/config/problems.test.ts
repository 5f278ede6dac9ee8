import { formatProblem } from '../../../src/config/problem.ts';
import { configText, edited, exampleEnv, placeOf, problemsOf, workflowText } from './support.ts';

interface Case {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  /** The problem must point to the first occurrence of this text; default: `to`. */
  readonly at?: string;
  readonly rule: string;
  readonly path: string;
  readonly expected: RegExp;
}

const configCases: Case[] = [
  {
    name: 'an unknown key, and suggests the right one',
    from: 'publicUrl:',
    to: 'publicURL:',
    rule: 'unknown_key',
    path: 'server.publicURL',
    expected: /did you mean "publicUrl"/,
  },
  {
    name: 'an unknown section',
    from: 'workflows: ./w',
    to: 'workflow: ./w',
    rule: 'unknown_key',
    path: 'workflow',
    expected: /did you mean "workflows"/,
  },
  {
    name: 'a key of another store kind',
    from: 'connectionString: $',
    to: 'path: $',
    rule: 'unknown_key',
    path: 'store.path',
    expected: /keys kind, connectionString/,
  },
  {
    name: 'an invalid port',
    from: 'port: 3978',
    to: 'port: 70000',
    at: '70000',
    rule: 'wrong_value',
    path: 'server.port',
    expected: /65535/,
  },
  {
    name: 'a missing key, at the line of its block',
    from: '  publicUrl: https://countersign.contoso.example\n',
    to: '',
    at: 'port: 3978',
    rule: 'missing',
    path: 'server.publicUrl',
    expected: /text/,
  },
  {
    name: 'an unknown store kind',
    from: 'kind: sqlserver',
    to: 'kind: postgres',
    at: 'postgres',
    rule: 'wrong_value',
    path: 'store.kind',
    expected: /one of sqlite, sqlserver/,
  },
  {
    name: 'a tenant that is not a GUID',
    from: 'tenantId: 8c1d2e37-5b46-4f09-9e8a-3d7f60b1c254',
    to: 'tenantId: contoso',
    at: 'contoso\n',
    rule: 'wrong_value',
    path: 'teams.tenantId',
    expected: /GUID/,
  },
  {
    name: 'an unknown cloud',
    from: 'cloud: public',
    to: 'cloud: pubic',
    at: 'pubic',
    rule: 'wrong_value',
    path: 'teams.cloud',
    expected: /did you mean "public"/,
  },
  {
    name: 'a duration above its maximum',
    from: 'timeout: 10s',
    to: 'timeout: 10m',
    at: '10m',
    rule: 'wrong_value',
    path: 'executors.deploy-webhook.timeout',
    expected: /from 1 s to 1 min/,
  },
  {
    name: 'a symmetric algorithm',
    from: 'claims: [department]',
    to: 'algorithms: [HS256]',
    at: 'HS256',
    rule: 'wrong_value',
    path: 'identity.issuers[0].algorithms[0]',
    expected: /did you mean "RS256"/,
  },
  {
    name: 'an idle limit above the absolute limit',
    from: 'identity:\n',
    to: 'identity:\n  session: { idle: 2h, absolute: 1h }\n',
    at: '2h',
    rule: 'session_limits',
    path: 'identity.session.idle',
    expected: /at most 1 h /,
  },
  {
    name: 'an unknown key of a session',
    from: 'identity:\n',
    to: 'identity:\n  session: { maxClaimsAge: 5m }\n',
    at: 'maxClaimsAge',
    rule: 'unknown_key',
    path: 'identity.session.maxClaimsAge',
    expected: /did you mean "maxClaimAge"/,
  },
  {
    name: 'an unknown issuer',
    from: '    issuer: entra',
    to: '    issuer: okta',
    at: 'okta',
    rule: 'unknown_issuer',
    path: 'teams.signIn.issuer',
    expected: /entra/,
  },
  {
    name: 'a cycle of implied roles',
    from: 'security-lead: { implies: [approver] }',
    to: 'security-lead: { implies: [approver] }\n    approver: { implies: [security-lead] }',
    at: '[approver] }',
    rule: 'role_cycle',
    path: 'identity.roles.security-lead.implies',
    expected: /do not lead back/,
  },
  {
    name: 'an invalid channel name',
    from: '  prod-approvals:',
    to: '  Prod Approvals:',
    at: 'Prod Approvals',
    rule: 'wrong_name',
    path: 'channels.Prod Approvals',
    expected: /lower-case/,
  },
  {
    name: 'a repeated key',
    from: 'store:\n',
    to: 'server: {}\nstore:\n',
    at: 'server: {}',
    rule: 'yaml_syntax',
    path: '',
    expected: /repeated keys/,
  },
  {
    name: 'a YAML alias',
    from: 'cloud: public',
    to: 'cloud: *other',
    at: '*other',
    rule: 'yaml_form',
    path: 'teams.cloud',
    expected: /written out/,
  },
  {
    name: 'a missing environment variable',
    from: '${env:COUNTERSIGN_SIGNING_SECRET}',
    to: '${env:NOT_SET}',
    rule: 'reference_missing',
    path: 'signing.secret',
    expected: /NOT_SET/,
  },
  {
    name: 'a missing file',
    from: '${env:COUNTERSIGN_SIGNING_SECRET}',
    to: '${file:secret.txt}',
    rule: 'reference_missing',
    path: 'signing.secret',
    expected: /readable file/,
  },
  {
    name: 'a repeated issuer id',
    from: 'id: github',
    to: 'id: entra',
    at: 'entra\n      audience: h',
    rule: 'repeated',
    path: 'identity.issuers[1].id',
    expected: /no other issuer/,
  },
  {
    name: 'a missing workflow folder',
    from: 'workflows: ./workflows',
    to: 'workflows: ./other',
    at: './other',
    rule: 'folder_unreadable',
    path: 'workflows',
    expected: /readable folder/,
  },
];

describe('problems of countersign.yaml', () => {
  test.each(configCases)('rejects $name', ({ from, to, at, rule, path, expected }) => {
    const config = edited(configText, from, to);
    const problem = problemsOf({ config }).find((one) => one.rule === rule && one.path === path);
    expect(problem?.expected).toMatch(expected);
    expect(problem?.file).toBe('/c/countersign.yaml');
    expect(`${problem?.line}:${problem?.column}`).toBe(placeOf(config, at ?? to));
  });

  test('reports all of them at once, with those of workflows', () => {
    const config = edited(edited(configText, 'port: 3978', 'port: no'), 'kind: webhook', 'kind: w');
    const workflow = edited(workflowText, 'type: text', 'type: txt');
    const problems = problemsOf({ config, workflows: { 'a.yaml': workflow } });
    expect(problems.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['server.port', 'executors.deploy-webhook.kind', 'fields[1].type']),
    );
  });

  test('never contain a secret', () => {
    const config = edited(configText, '${env:COUNTERSIGN_WEBHOOK_SECRET}', 'hunter2-literal');
    const env = { ...exampleEnv, COUNTERSIGN_SIGNING_SECRET: 'short-one' };
    const text = problemsOf({ config, env }).map(formatProblem).join('\n');
    expect(text).toContain('executors.deploy-webhook.secret');
    expect(text).not.toContain('hunter2');
    expect(text).not.toContain('short-one');
  });

  test('never contain the Authorization header of the witness', () => {
    const witness =
      'audit:\n  witness:\n    kind: https\n    url: https://witness.contoso.com/log\n' +
      '    authorization: "Bearer hunter2\\n"\n';
    const text = problemsOf({ config: edited(configText, 'audit:\n', witness) })
      .map(formatProblem)
      .join('\n');
    expect(text).toContain('audit.witness.authorization: found a secret (not shown)');
    expect(text).not.toContain('hunter2');
  });

  test('read as file:line:column, what was found and what was expected', () => {
    const [problem] = problemsOf({ config: edited(configText, 'port: 3978', 'prot: 3978') });
    expect(problem && formatProblem(problem)).toBe(
      '/c/countersign.yaml:6:3: server.prot: found the key "prot"; expected one of the keys ' +
        'publicUrl, host, port, trustProxy, proxy, pages (did you mean "port"?) [unknown_key]',
    );
  });
});

const workflowCases: Case[] = [
  {
    name: 'an unknown executor',
    from: 'use: deploy-webhook',
    to: 'use: deploy-webhok',
    at: 'deploy-webhok',
    rule: 'unknown_executor',
    path: 'execute.use',
    expected: /did you mean "deploy-webhook"/,
  },
  {
    name: 'an unknown channel',
    from: 'channel: prod-approvals',
    to: 'channel: ops',
    at: 'ops',
    rule: 'unknown_channel',
    path: 'notify.channel',
    expected: /prod-approvals/,
  },
  {
    name: 'a role that nobody can have',
    from: 'roles: [security-lead]',
    to: 'roles: [ciso]',
    at: 'ciso',
    rule: 'role_nobody_has',
    path: 'stages[1].roles[0]',
    expected: /nobody can ever have/,
  },
  {
    name: 'a claim that no issuer for people has',
    from: 'claim: department',
    to: 'claim: team',
    at: 'team,',
    rule: 'unknown_claim',
    path: 'stages[0].where.claim',
    expected: /department/,
  },
  {
    name: 'a claim of the requester that no issuer has',
    from: 'equals: Payments',
    to: 'equals: $requester.team',
    at: '$requester.team',
    rule: 'unknown_claim',
    path: 'stages[0].where.equals',
    expected: /department/,
  },
  {
    name: 'an unknown variable',
    from: 'equals: Payments',
    to: 'equals: $approver.team',
    at: '$approver.team',
    rule: 'wrong_condition',
    path: 'stages[0].where.equals',
    expected: /\$requester/,
  },
  {
    name: 'a repeated field id',
    from: 'id: version',
    to: 'id: service',
    at: 'service, type: text',
    rule: 'repeated',
    path: 'fields[1].id',
    expected: /no other/,
  },
  {
    name: 'a pattern that does not compile',
    from: String.raw`'^\d+\.\d+\.\d+$'`,
    to: "'(a'",
    rule: 'wrong_field',
    path: 'fields[1].pattern',
    expected: /RE2 syntax \(missing closing \)/,
  },
  {
    name: 'a pattern with look-around',
    from: String.raw`'^\d+\.\d+\.\d+$'`,
    to: "'(?!a).*'",
    rule: 'wrong_field',
    path: 'fields[1].pattern',
    expected: /look-around, which RE2 does not have/,
  },
  {
    name: 'a default outside the bounds',
    from: 'default: 1h',
    to: 'default: 9h',
    at: '9h',
    rule: 'wrong_field',
    path: 'fields[2].default',
    expected: /at most 8 h/,
  },
  {
    name: 'a bound that is not a duration',
    from: 'max: 8h',
    to: 'max: 8',
    at: '8,',
    rule: 'wrong_field',
    path: 'fields[2].max',
    expected: /duration/,
  },
  {
    name: 'an empty list of choices',
    from: 'choices: [checkout, billing]',
    to: 'choices: []',
    at: '[],',
    rule: 'wrong_value',
    path: 'fields[0].choices',
    expected: /at least 1/,
  },
  {
    name: 'a quorum of 0',
    from: 'quorum: 1',
    to: 'quorum: 0',
    at: '0\n  - name: S',
    rule: 'wrong_value',
    path: 'stages[0].quorum',
    expected: /at least 1/,
  },
  {
    name: 'an expiry below its minimum',
    from: 'expire: 24h',
    to: 'expire: 10s',
    at: '10s',
    rule: 'wrong_value',
    path: 'timing.expire',
    expected: /from 1 min to 30 d/,
  },
  {
    name: 'a condition on an unknown field',
    from: 'field: window',
    to: 'field: windo',
    at: 'windo,',
    rule: 'unknown_field',
    path: 'stages[1].when.field',
    expected: /did you mean "window"/,
  },
  {
    name: 'a condition of the wrong type',
    from: 'over: 4h',
    to: 'over: 4',
    at: '4 }',
    rule: 'wrong_condition',
    path: 'stages[1].when.over',
    expected: /duration/,
  },
  {
    name: 'a workload without a claim',
    from:
      "\n      repository: contoso/checkout\n      repository_id: '734518209'\n" +
      "      repository_owner_id: '65190242'",
    to: '',
    at: 'issuer: github',
    rule: 'open_workload',
    path: 'request.workloads[0]',
    expected: /at least one claim/,
  },
  {
    name: 'a workload of an unknown issuer',
    from: 'issuer: github',
    to: 'issuer: gitlab',
    at: 'gitlab',
    rule: 'unknown_issuer',
    path: 'request.workloads[0].issuer',
    expected: /github/,
  },
  {
    name: 'a pattern in a claim of a workload',
    from: 'issuer: github',
    to: "issuer: github\n      ref: 'refs/heads/releases/*'",
    at: "'refs/heads/releases/*'",
    rule: 'glob_not_possible',
    path: 'request.workloads[0].ref',
    expected: /would let nobody in/,
  },
  {
    name: 'a reference in a workflow',
    from: 'title: Deploy to production',
    to: 'title: ${env:HOME}',
    at: '${env',
    rule: 'reference_missing',
    path: 'title',
    expected: /no references/,
  },
  {
    name: 'automatic decisions of a later version',
    from: 'stages:\n',
    to: 'auto: []\nstages:\n',
    at: 'auto',
    rule: 'not_in_this_version',
    path: 'auto',
    expected: /does not have it yet/,
  },
  {
    name: 'reminders of a later version',
    from: 'expire: 24h',
    to: 'expire: 24h, remind: [1h]',
    at: 'remind',
    rule: 'not_in_this_version',
    path: 'timing.remind',
    expected: /not have it/,
  },
  {
    name: 'escalation of a later version',
    from: 'expire: 24h',
    to: 'expire: 24h, escalate: {}',
    at: 'escalate',
    rule: 'not_in_this_version',
    path: 'timing.escalate',
    expected: /not have it/,
  },
  {
    name: 'revocation of a later version',
    from: 'use: deploy-webhook',
    to: 'use: deploy-webhook, revokeAfter: 1h',
    at: 'revokeAfter',
    rule: 'not_in_this_version',
    path: 'execute.revokeAfter',
    expected: /not have it/,
  },
  {
    name: 'an empty step-up',
    from: '  - name: Service owner\n',
    to: '  - name: Service owner\n    stepUp: {}\n',
    at: '{}\n',
    rule: 'wrong_value',
    path: 'stages[0].stepUp',
    expected: /acr/,
  },
  {
    name: 'an unknown key of a field',
    from: 'required: true }\n  - { id: window',
    to: 'requird: true }\n  - { id: window',
    at: 'requird',
    rule: 'unknown_key',
    path: 'fields[1].requird',
    expected: /did you mean "required"/,
  },
];

describe('problems of a workflow file', () => {
  test.each(workflowCases)('rejects $name', ({ from, to, at, rule, path, expected }) => {
    const workflow = edited(workflowText, from, to);
    const problems = problemsOf({ workflows: { 'deploy.yml': workflow } });
    const problem = problems.find((one) => one.rule === rule && one.path === path);
    expect(problem?.expected).toMatch(expected);
    expect(problem?.file).toBe('/c/workflows/deploy.yml');
    expect(`${problem?.line}:${problem?.column}`).toBe(placeOf(workflow, at ?? to));
  });

  test('rejects one id in two files', () => {
    const problems = problemsOf({ workflows: { 'a.yaml': workflowText, 'b.yaml': workflowText } });
    expect(problems).toEqual([
      expect.objectContaining({ rule: 'repeated', file: '/c/workflows/b.yaml', path: 'workflow' }),
    ]);
  });
});
