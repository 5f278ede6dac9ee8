import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppManifestUtils } from '@microsoft/app-manifest';
import { unzipSync } from 'fflate';
import { buildManifest, packApp, PackageError } from '../../../src/cli/package-app.ts';
import { runCommandLine } from '../../../src/cli/run.ts';
import { readPng } from './png.ts';

const require = createRequire(import.meta.url);
const APP_ID = '4e7a1c6d-83b2-4f5e-9d10-6a2b8c7e5f31';
const config = (change: { publicUrl?: string; appId?: string; enabled?: boolean } = {}) => ({
  server: {
    publicUrl: change.publicUrl ?? 'https://approvals.northwind.dev',
    host: '0.0.0.0',
    port: 80,
  },
  teams: {
    appId: change.appId ?? APP_ID,
    singleSignOn: { enabled: change.enabled ?? true, resource: `api://botid-${APP_ID}` },
  },
});
const options = { name: 'Countersign', developer: 'Northwind', appVersion: '1.2.3' };
const pictures = new URL('../../../appPackage/', import.meta.url);

type Manifest = Parameters<typeof AppManifestUtils.validateAgainstSchema>[0];
type Schema = Parameters<typeof AppManifestUtils.validateAgainstSchema>[1];
async function schemaProblems(manifest: Record<string, unknown>): Promise<string[]> {
  const version = String(manifest['manifestVersion']);
  const path =
    '@microsoft/app-manifest/build/json-schemas/teams/' + `v${version}/MicrosoftTeams.schema.json`;
  const schema = require(path) as Schema;
  return AppManifestUtils.validateAgainstSchema(manifest as unknown as Manifest, schema);
}

describe('the manifest of the Teams app', () => {
  test('is valid under the schema that it names', async () => {
    const manifest = buildManifest(config(), options);
    expect(await schemaProblems(manifest)).toEqual([]);
    expect(manifest['$schema']).toContain(`/v${String(manifest['manifestVersion'])}/`);
    expect(await schemaProblems(buildManifest(config({ enabled: false }), options))).toEqual([]);
  });

  test('the schema check rejects an invalid manifest', async () => {
    const manifest = buildManifest(config(), options);
    expect(await schemaProblems({ ...manifest, bots: [{ botId: 'x' }] })).not.toEqual([]);
    expect(await schemaProblems({ ...manifest, unheardOf: 1 })).not.toEqual([]);
  });

  test('has the bot, the action command and the single sign-on of the configuration', () => {
    const manifest = buildManifest(config(), options);
    expect(manifest).toMatchObject({
      id: APP_ID,
      version: '1.2.3',
      validDomains: ['approvals.northwind.dev'],
      name: { short: 'Countersign' },
      developer: { name: 'Northwind', websiteUrl: 'https://approvals.northwind.dev/' },
      bots: [{ botId: APP_ID, scopes: ['personal', 'team', 'groupChat'] }],
      composeExtensions: [
        {
          botId: APP_ID,
          commands: [
            {
              id: 'request',
              type: 'action',
              fetchTask: true,
              context: ['compose', 'commandBox', 'message'],
            },
          ],
        },
      ],
      webApplicationInfo: { id: APP_ID, resource: `api://botid-${APP_ID}` },
    });
    expect(JSON.stringify(manifest)).not.toMatch(/\{\{|\w\}\}/);
  });

  test('has no webApplicationInfo without single sign-on', () => {
    const manifest = buildManifest(config({ enabled: false }), options);
    expect(manifest).not.toHaveProperty('webApplicationInfo');
  });

  test('uses the given name in every text', () => {
    const manifest = buildManifest(config(), { ...options, name: 'Northwind Approvals' });
    expect(JSON.stringify(manifest)).not.toContain('Countersign');
    expect(manifest).toMatchObject({
      description: { full: expect.stringMatching(/^Northwind Approvals asks/) },
    });
  });

  test('uses a given manifest id and given addresses', () => {
    const manifest = buildManifest(config(), {
      ...options,
      manifestId: APP_ID.replace('4e', '5f').toUpperCase(),
      privacy: 'https://www.northwind.dev/privacy',
    });
    expect(manifest).toMatchObject({
      id: APP_ID.replace('4e', '5f'),
      developer: {
        privacyUrl: 'https://www.northwind.dev/privacy',
        termsOfUseUrl: 'https://approvals.northwind.dev/terms',
      },
    });
  });

  test('escapes quotes and backslashes in values', () => {
    const manifest = buildManifest(config(), { ...options, developer: 'A "quoted" \\ name' });
    expect(manifest).toMatchObject({ developer: { name: 'A "quoted" \\ name' } });
  });

  test.each([
    ['00000000-0000-0000-0000-000000000000'],
    ['11111111-1111-1111-1111-111111111111'],
    ['12345678-1234-1234-1234-123456789012'],
    ['your-app-id'],
    [''],
    [`${APP_ID}0`],
  ])('rejects the app id "%s"', (appId) => {
    expect(() => buildManifest(config({ appId }), options)).toThrow(PackageError);
  });

  test.each([
    'http://approvals.northwind.dev',
    'https://localhost',
    'https://127.0.0.1',
    'https://[::1]',
    'https://countersign.example.com',
    'https://x.contoso.com',
    'https://bot.invalid',
    'https://intranet',
    'nonsense',
    '',
  ])('rejects the public address "%s"', (publicUrl) => {
    expect(() => buildManifest(config({ publicUrl }), options)).toThrow(PackageError);
  });

  test.each([
    { name: '' },
    { name: '  ' },
    { name: 'x'.repeat(31) },
    { name: '{{name}}' },
    { name: 'TODO' },
    { developer: '<your company>' },
    { developer: 'y'.repeat(33) },
    { appVersion: '1.2' },
    { appVersion: '01.2.3' },
    { appVersion: 'v1.2.3' },
    { manifestId: 'x' },
    { privacy: 'http://plain.dev' },
  ])('rejects %j', (change) => {
    expect(() => buildManifest(config(), { ...options, ...change })).toThrow(PackageError);
  });
});

describe('the app package', () => {
  test('contains the manifest and both icons, and nothing else', () => {
    const files = unzipSync(packApp(config(), options));
    expect(Object.keys(files)).toEqual(['manifest.json', 'color.png', 'outline.png']);
    const manifest: unknown = JSON.parse(Buffer.from(files['manifest.json'] ?? []).toString());
    expect(manifest).toEqual(buildManifest(config(), options));
  });

  test('has the same bytes at every run, in every time zone', () => {
    const once = Buffer.from(packApp(config(), options)).toString('base64');
    const script =
      'const { packApp } = await import(process.argv[1]);' +
      'const [, , config, options] = process.argv;' +
      'console.log(Buffer.from(packApp(JSON.parse(config), JSON.parse(options)))' +
      '.toString("base64"));';
    const file = new URL('../../../src/cli/package-app.ts', import.meta.url).href;
    const args = ['--input-type=module', '-e', script, file];
    for (const TZ of ['Pacific/Auckland', 'America/Los_Angeles']) {
      const other = execFileSync(
        process.execPath,
        [...args, JSON.stringify(config()), JSON.stringify(options)],
        { env: { ...process.env, TZ, NODE_OPTIONS: '' }, encoding: 'utf8' },
      );
      expect(other.trim()).toBe(once);
    }
  });

  test('icons have the sizes and colours that Teams requires, and their sources', () => {
    const color = readPng(readFileSync(new URL('color.png', pictures)));
    expect([color.width, color.height]).toEqual([192, 192]);
    expect(color.pixels.every(([, , , alpha]) => alpha === 255)).toBe(true);
    const outline = readPng(readFileSync(new URL('outline.png', pictures)));
    expect([outline.width, outline.height]).toEqual([32, 32]);
    const drawn = outline.pixels.filter(([, , , alpha]) => alpha > 0);
    expect(drawn.length).toBeGreaterThan(60);
    expect(drawn.length).toBeLessThan(512);
    expect(drawn.every(([red, green, blue]) => red === 255 && green === 255 && blue === 255)).toBe(
      true,
    );
    expect(readdirSync(pictures)).toEqual(expect.arrayContaining(['color.svg', 'outline.svg']));
  });
});

const YAML = `
server: { publicUrl: https://approvals.northwind.dev }
store: { kind: sqlite, path: data.db }
teams:
  appId: ${APP_ID}
  tenantId: 3b9d0c52-6a1f-4c87-b0e4-92d5f7a81c36
  credential: { kind: secret, secret: '\${env:BOT_SECRET}' }
identity:
  issuers:
    - { id: entra, kind: entra, audience: api://countersign, roles: [{ claim: roles }],
        tenant: 3b9d0c52-6a1f-4c87-b0e4-92d5f7a81c36 }
channels: { approvals: { team: 19:t@thread.tacv2, channel: 19:c@thread.tacv2 } }
executors:
  hook: { kind: webhook, url: https://hooks.northwind.dev/, secret: '\${env:HOOK_SECRET}' }
signing: { secret: '\${env:SIGNING_SECRET}' }
`;
describe('countersign package-app', () => {
  let folder = '';
  let printed = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'package-app-'));
    printed = '';
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const run = (args: readonly string[], given: ReturnType<typeof io>) =>
    runCommandLine(['package-app', ...args], given);
  const io = (env: Record<string, string> = {}) => ({
    stdout: (text: string) => {
      printed += text;
    },
    stderr: (text: string) => {
      printed += text;
    },
    env,
    cwd: folder,
  });

  test.each([[[]], [['--nonsense']], [['file.zip']]])(
    '%j is wrong usage and exits with 2',
    async (args) => {
      expect(await run(args, io())).toBe(2);
      expect(printed).toContain('Usage: countersign package-app');
    },
  );

  test('writes the package from countersign.yaml', async () => {
    writeFileSync(join(folder, 'countersign.yaml'), YAML);
    // None of the secrets that the file refers to is set.
    const env = { COUNTERSIGN_CONFIG: 'countersign.yaml' };
    const code = await run(['--developer', 'Northwind', '--out', 'app.zip', '--json'], io(env));
    expect([code, printed]).toEqual([0, expect.stringContaining('"sizeBytes"')]);
    const bytes = readFileSync(join(folder, 'app.zip'));
    const { version: appVersion } = require('../../../package.json') as { version: string };
    const wanted = packApp(config(), { name: 'Countersign', developer: 'Northwind', appVersion });
    expect(Buffer.compare(bytes, wanted)).toBe(0);
  });

  test.each([
    ['nowhere/app.zip', /^--out .*nowhere\/app\.zip cannot be written: the folder .*make it\.\n$/],
    ['.', /cannot be written: it is a folder; name a file\.\n$/],
    ['countersign.yaml/app.zip', /cannot be written: it is a file, or lies below one, [^\n]*\n$/],
  ])('--out %s is explained', async (out, words) => {
    writeFileSync(join(folder, 'countersign.yaml'), YAML);
    expect(await run(['--config', 'countersign.yaml', '--out', out], io())).toBe(1);
    expect(printed).toMatch(words);
  });

  test('names an unset variable that the manifest needs', async () => {
    writeFileSync(join(folder, 'countersign.yaml'), YAML.replace(APP_ID, "'${env:BOT_APP_ID}'"));
    expect(await run(['--config', 'countersign.yaml'], io())).toBe(1);
    expect(printed).toMatch(/teams\.appId: .*BOT_APP_ID to be set/);
    expect(printed.split('\n')).toHaveLength(2);
  });

  test('prints the configuration problem and writes nothing', async () => {
    writeFileSync(join(folder, 'countersign.yaml'), 'server: 5\n');
    expect(await run(['--config', 'countersign.yaml'], io())).toBe(1);
    expect(printed).toContain('countersign.yaml:1:');
    expect(readdirSync(folder)).toEqual(['countersign.yaml']);
  });
});
