/** `countersign token inspect` with a configuration: checks, deciding lines, no usable token. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { configText, edited, exampleEnv, placeOf, workflowText } from '../config/support.ts';
import { newKey, personClaims, sign, startKeyServer } from '../identity/kit.ts';
import type { Claims, KeyServer, TestKey } from '../identity/kit.ts';
import { cli, folder } from './support.ts';

const TENANT = '8c1d2e37-5b46-4f09-9e8a-3d7f60b1c254';
const APP = '2f6ad4b1-90c3-4d6e-8a57-1be0c93f7d24';
let server: KeyServer;
let key: TestKey;
let config: string;
let dir: { path: string; remove(): void };

beforeAll(async () => {
  server = await startKeyServer({ issuerPath: '/{tenantid}/v2.0' });
  key = await newKey('k1');
  server.state.keys = [key.publicJwk];
  config = edited(
    configText,
    'claims: [department]',
    `claims: [department]\n      issuer: ${server.base}/{tenantid}/v2.0\n` +
      `      discoveryUrl: ${server.discoveryUrl}`,
  );
  dir = folder({ 'countersign.yaml': config });
  mkdirSync(join(dir.path, 'workflows'));
  writeFileSync(join(dir.path, 'workflows', 'a.yaml'), workflowText);
});
afterAll(async () => {
  dir.remove();
  await server.stop();
});

const token = (over: Claims = {}, header: Claims = {}) =>
  sign(
    key,
    personClaims(`${server.base}/${TENANT}/v2.0`, Date.now(), {
      aud: APP,
      tid: TENANT,
      roles: ['Countersign.SecurityLead'],
      ...over,
    }),
    header,
  );

interface Report {
  readonly issuer: string | null;
  readonly checks: readonly {
    check: string;
    result: string;
    code?: string;
    found: string;
    decidedBy?: { line: number; path: string; isDefault: boolean };
  }[];
  readonly verdict: { accepted: boolean; code?: string; principal?: { roles: string[] } };
  readonly roles?: readonly { role: string; because: string; line: number; path: string }[];
}

async function inspect(text: string, ...more: string[]) {
  const ran = await cli(
    ['token', 'inspect', text, '--config', 'countersign.yaml', '--profile', 'local', ...more],
    { cwd: dir.path, env: exampleEnv },
  );
  return ran;
}
const inspected = async (text: string, ...more: string[]) => {
  const { out, code } = await inspect(text, '--json', ...more);
  return { code, ...(JSON.parse(out) as Report) };
};
const failed = ({ checks }: Report) =>
  checks.filter(({ result }) => result === 'fail').map(({ check, code }) => `${check} ${code}`);
const lineOfText = (part: string) => Number(placeOf(config, part).split(':')[0]);

test('a valid token passes every check, and its roles are listed', async () => {
  const { code, issuer, checks, verdict } = await inspected(await token());
  expect([code, issuer, verdict.accepted]).toEqual([0, 'entra', true]);
  expect(checks.map(({ check, result }) => `${result} ${check}`)).toEqual(
    [
      'form',
      'issuer',
      'type',
      'algorithm',
      'key',
      'signature',
      'tenant',
      'audience',
      'expiry',
      'not-before',
      'issued-at',
      'age',
      'kind',
      'roles',
      'claims',
      'principal',
    ].map((check) => `pass ${check}`),
  );
  expect(verdict.principal?.roles).toEqual(['security-lead', 'approver']);
});

test('continues after the first failed check', async () => {
  const now = Math.floor(Date.now() / 1_000);
  const bad = await inspected(
    await token({
      aud: 'api://other',
      exp: now - 60,
      nbf: now + 600,
      iat: now - 86_400,
      scp: undefined,
      azp: undefined,
      oid: 'amara',
      roles: [['x']],
    }),
  );
  expect(bad.code).toBe(1);
  expect(failed(bad)).toEqual([
    'audience token_audience',
    'expiry token_expired',
    'not-before token_not_yet_valid',
    'age token_too_old',
    'kind token_kind_unclear',
    'roles token_claim_invalid',
    'principal token_claim_invalid',
  ]);
});

test('skips checks that depend on a failed one', async () => {
  const stranger = await inspected(await token({ iss: 'https://evil.example' }));
  expect(failed(stranger)).toEqual(['issuer token_issuer_unknown']);
  expect(
    stranger.checks.filter(({ result }) => result === 'skipped').map(({ check }) => check),
  ).toEqual([
    'algorithm',
    'key',
    'signature',
    'tenant',
    'audience',
    'age',
    'kind',
    'roles',
    'claims',
    'principal',
  ]);
  const [header, payload, signature] = (await token()).split('.');
  const forged = Buffer.from('{"alg":"RS256","kid":"k1","jwk":{}}').toString('base64url');
  const strange = await inspected(`${forged}.${payload}.${signature}`);
  expect(failed(strange)).toEqual(['form token_header_refused']);
  expect(strange.checks.find(({ check }) => check === 'audience')?.result).toBe('pass');
  expect(failed(await inspected(`${header}.${payload}.${'A'.repeat(342)}`))).toEqual([
    'signature token_signature_invalid',
  ]);
});

test('--explain names the line of countersign.yaml', async () => {
  const { checks, roles } = await inspected(await token(), '--explain');
  const line = (check: string) => checks.find((one) => one.check === check)?.decidedBy;
  expect(line('audience')).toMatchObject({
    line: lineOfText('audience: [2f6a'),
    path: 'identity.issuers[0].audience',
    isDefault: false,
  });
  expect(line('age')).toMatchObject({ path: 'identity.issuers[0].maxAge', isDefault: true });
  expect(line('tenant')?.line).toBe(lineOfText('tenant: 8c1d2e37'));
  expect(line('form')).toBeUndefined();
  expect(roles).toEqual([
    expect.objectContaining({
      role: 'security-lead',
      because: 'roles = Countersign.SecurityLead',
      line: lineOfText('Countersign.SecurityLead'),
    }),
    expect.objectContaining({
      role: 'approver',
      because: 'implied by security-lead',
      line: lineOfText('security-lead: { implies'),
    }),
  ]);
  const { out } = await inspect(await token({ aud: 'x' }), '--explain');
  expect(out).toContain(
    `countersign.yaml:${lineOfText('audience: [2f6a')} identity.issuers[0].audience`,
  );
});

test('--as teams also checks scope, client and version', async () => {
  const good = await inspected(await token({ aud: APP }), '--as', 'teams', '--explain');
  expect(failed(good)).toEqual([]);
  expect(good.checks.at(-1)).toMatchObject({ check: 'single-sign-on', result: 'pass' });
  const bad = await inspected(await token({ azp: 'other' }), '--as', 'teams');
  expect([bad.code, ...failed(bad)]).toEqual([1, 'single-sign-on sso_wrong_client']);
});

describe('groups that the token leaves out', () => {
  const overage = () => token({ roles: undefined, _claim_names: { groups: 'src1' } });
  const groups = '        - { claim: groups, map: { 0a000000-0000-4000-8000-000000000001: x } }\n';
  const mapped = () => edited(config, '        - claim: roles', `${groups}        - claim: roles`);
  const under = async (text: string) => {
    writeFileSync(join(dir.path, 'groups.yaml'), text);
    return inspected(await overage(), '--config', 'groups.yaml', '--explain');
  };

  test('are refused without a look-up, with the reason', async () => {
    const bad = await under(mapped());
    expect([bad.code, ...failed(bad)]).toEqual([1, 'groups groups_not_listed']);
  });

  test('are looked up as the service does', async () => {
    const lookup = "      groupLookup: { graphUrl: 'https://127.0.0.1:9' }\n    - kind: github";
    const text = edited(mapped(), '    - kind: github', lookup);
    const cloud = edited(
      text,
      '  cloud: public\n',
      `  cloud:
    issuer: https://api.botframework.com
    metadataUrl: https://127.0.0.1:9/metadata
    loginUrl: https://127.0.0.1:9
    scope: https://api.botframework.com/.default
    serviceUrlHosts: [smba.example]
`,
    );
    const bad = await under(
      edited(cloud, '    team: ', '    serviceUrl: https://smba.example/\n' + '    team: '),
    );
    expect([bad.code, ...failed(bad)]).toEqual([1, 'groups groups_unavailable']);
    expect(bad.checks.find(({ check }) => check === 'groups')?.decidedBy?.path).toBe(
      'identity.issuers[0].groupLookup',
    );
  });
});

describe('a token that is bound to its holder', () => {
  const bound = () => token({ cnf: { jkt: 'A'.repeat(43) } });

  test('by DPoP is accepted with a proof, and refused at a click', async () => {
    const good = await inspected(await bound());
    expect([good.code, good.checks.at(-1)]).toEqual([
      0,
      expect.objectContaining({
        check: 'binding',
        result: 'pass',
        found: expect.stringContaining('never as Bearer'),
      }),
    ]);
    const bad = await inspected(await bound(), '--as', 'teams');
    expect([bad.code, ...failed(bad)]).toEqual([1, 'binding token_bound']);
  });

  test('by an unknown method is refused', async () => {
    const bad = await inspected(await token({ cnf: { 'x5t#S256': 'A'.repeat(43) } }));
    expect([bad.code, ...failed(bad)]).toEqual([1, 'binding token_binding_unknown']);
  });
});

test('prints no signature, of the token or of a token inside a claim', async () => {
  const nested = await token({ sub: 'inner' });
  const outer = await token({ access_token: nested, list: [`Bearer ${nested}`] });
  for (const more of [[], ['--json'], ['--explain'], ['--json', '--explain']]) {
    const { out, err } = await inspect(outer, ...more);
    for (const part of [outer, nested, outer.split('.')[2], nested.split('.')[2]]) {
      expect(out + err).not.toContain(part);
    }
  }
});

test('accepts an argument, a file or a pasted header; two sources are wrong usage', async () => {
  const text = await token();
  writeFileSync(join(dir.path, 'token'), `Authorization: Bearer ${text}\n`);
  const from = (...args: string[]) => cli(['token', 'inspect', ...args], { cwd: dir.path });
  const byFile = await from('--file', 'token');
  const byArgument = await from(text);
  expect([byFile.code, byFile.err]).toEqual([0, '']);
  expect(byArgument.out).toBe(byFile.out);
  expect(byArgument.err).toMatch(/history/);
  expect((await from(text, '--file', 'token')).code).toBe(2);
  expect((await from(text, '--explain')).code).toBe(2);
  expect((await from(text, '--as', 'x')).code).toBe(2);
});
