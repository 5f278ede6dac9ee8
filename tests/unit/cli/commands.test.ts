import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { COMMANDS } from '../../../src/cli/commands.ts';
import { configText, edited, exampleConfig, exampleEnv, workflowText } from '../config/support.ts';
import { cli, folder } from './support.ts';

/** Whole processes start here, on a machine that may be busy. */

const main = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));

describe('the command line', () => {
  test('--help lists every command and group, and each command has its own help', async () => {
    const all = await cli(['--help']);
    expect([all.code, all.err]).toEqual([0, '']);
    for (const { name, summary } of COMMANDS) {
      const words = name.split(' ');
      expect(all.out).toMatch(new RegExp(`^  ${words[0]} .*${words[1] ?? ''}`, 'm'));
      const own = await cli([...words, '--help']);
      expect([own.code, own.err]).toEqual([0, '']);
      expect(own.out).toMatch(new RegExp(`^Usage: countersign ${name} \\[options\\]`));
      expect(own.out).toContain(`${summary}.`);
      expect((await cli(['help', ...words])).out).toBe(own.out);
    }
  });

  test('help of a group lists its commands', async () => {
    const { code, out } = await cli(['audit', '--help']);
    expect([code, out]).toEqual([0, expect.stringMatching(/^ {2}verify +Recompute/m)]);
  });

  test('--version prints the version of package.json', async () => {
    const { version } = JSON.parse(
      readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
    ) as { version: string };
    expect(await cli(['--version'])).toEqual({ code: 0, out: `${version}\n`, err: '' });
  });

  test('ends as usual when the reader of its output has left', async () => {
    const child = spawn(process.execPath, [main, '--help'], { stdio: 'pipe' });
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => {
      errors += String(chunk);
    });
    child.stdout.destroy();
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(errors).toBe('');
  });

  test.each([
    [[], 'Usage: countersign'],
    [['nope'], "unknown command 'nope'"],
    [['nope', '--help'], "unknown command 'nope'"],
    [['chekc'], 'Did you mean check?'],
    [['audit'], 'Usage: countersign audit'],
    [['token', 'eat'], "unknown command 'eat'"],
    [['token', 'inspct', '--json'], 'Did you mean inspect?'],
    [['--version=1'], "unknown option '--version=1'"],
    [['check', '--jsno'], 'Did you mean --json?'],
    [['check', '--profile', 'test'], 'Allowed choices are production, local.'],
    [['check', '--config'], 'argument missing'],
    [['check', 'file.yaml'], 'too many arguments'],
    [['session', 'revoke'], '--person or --all is required'],
    [['session', 'revoke', '--all', '--person', 'x'], 'cannot be used with'],
  ])('%j is wrong usage, explained on standard error', async (args, words) => {
    const ran = await cli(args);
    expect([ran.code, ran.out]).toEqual([2, '']);
    expect(ran.err).toContain(words);
  });

  test.each(COMMANDS.map(({ name }) => name))(
    '%s takes --json, and no unknown option',
    async (name) => {
      const ran = await cli([...name.split(' '), '--json', '--no-such-option']);
      expect([ran.code, ran.out]).toEqual([2, '']);
      expect(ran.err).toContain("unknown option '--no-such-option'");
      expect(ran.err).toContain(`Usage: countersign ${name} [options]`);
    },
  );
});

describe('countersign check', () => {
  test('prints a summary of a valid configuration', async () => {
    const ran = await cli(['check', '--config', exampleConfig], { env: exampleEnv });
    expect(ran.code).toBe(0);
    // The example has addresses of examples.
    expect(ran.err).toMatch(/^(?:warning: .*\[example_address\]\n){3}$/);
    expect(ran.out).toMatch(/good \(production\)[^]*deploy-production @ [\w-]{12}/);
    expect(ran.out).not.toContain(exampleEnv.COUNTERSIGN_SIGNING_SECRET);
  });

  test('prints every problem, with file and line or as JSON', async () => {
    const text = edited(configText, 'port: 3978', 'prot: 3978');
    const dir = folder({ 'countersign.yaml': edited(text, 'cloud: public', 'cloud: x') });
    mkdirSync(join(dir.path, 'workflows'));
    writeFileSync(join(dir.path, 'workflows', 'a.yaml'), workflowText);
    const env = { ...exampleEnv, COUNTERSIGN_CONFIG: 'countersign.yaml' };
    const options = { env, cwd: dir.path };
    const plain = await cli(['check'], options);
    expect(plain.code).toBe(1);
    expect(plain.err).toMatch(/countersign\.yaml:6:3: server\.prot: /);
    expect(plain.err).toMatch(/countersign\.yaml:16:10: teams\.cloud: [^]*2 problems\.\n$/);
    const json = await cli(['check', '--json'], options);
    expect(JSON.parse(json.out)).toMatchObject({
      ok: false,
      problems: [
        { line: 6, column: 3, path: 'server.prot', rule: 'unknown_key' },
        { path: 'teams.cloud' },
      ],
    });
    dir.remove();
  });
});

describe('countersign check knows of the store', () => {
  const STORE = 'kind: sqlserver\n  connectionString: ${env:COUNTERSIGN_SQLSERVER}';
  const checked = async (env: Record<string, string>, store = STORE) => {
    const dir = folder({ 'countersign.yaml': edited(configText, STORE, store) });
    for (const name of ['workflows', 'data']) mkdirSync(join(dir.path, name));
    writeFileSync(join(dir.path, 'workflows', 'a.yaml'), workflowText);
    const args = ['check', '--config', 'countersign.yaml'];
    const ran = await cli(args, { env: { ...exampleEnv, ...env }, cwd: dir.path });
    dir.remove();
    return ran;
  };

  test.each([
    ['nonsense', /it names no server/],
    ['Server=db', /it names no database/],
    ['Server=db;Database=c;Encrypt=false', /disables encryption/],
    ['Server=db;Database=c;TrustServerCertificate=true', /disables encryption or the validation/],
    ['Server=db;Database=c;Connect Timeout=0', /time-out of 0/],
  ])('that the connection string %s cannot be used', async (connectionString, words) => {
    const secret = `${connectionString};Password=hunter2`;
    const ran = await checked({ COUNTERSIGN_SQLSERVER: secret });
    expect([ran.code, ran.out]).toEqual([1, '']);
    expect(ran.err).toMatch(/countersign\.yaml:\d+:\d+: store\.connectionString: /);
    expect(ran.err).toMatch(words);
    expect(ran.err).not.toContain('hunter2');
  });

  test.each([
    ['nowhere/countersign.db', /store\.path: .*make .*nowhere .*\[store_folder_missing\]/],
    ['data', /store\.path: .*\[store_is_folder\]/],
  ])('that the file %s cannot be opened', async (path, words) => {
    const ran = await checked({}, `kind: sqlite\n  path: ${path}`);
    expect([ran.code, ran.out]).toEqual([1, '']);
    expect(ran.err).toMatch(words);
  });

  test('that a new file in a folder can be made', async () => {
    expect((await checked({}, 'kind: sqlite\n  path: data/countersign.db')).code).toBe(0);
  });
});

describe('countersign token inspect', () => {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const token = `${encode({ alg: 'RS256', kid: 'k' })}.${encode({
    iss: 'https://evil.example',
    sub: 'x\u001b[2J',
    exp: 1_763_800_000,
  })}.c2lnbmF0dXJl`;

  test('shows what a token claims, and says that nothing was verified', async () => {
    const dir = folder({ token });
    const ran = await cli(['token', 'inspect', '--token-file', 'token'], { cwd: dir.path });
    expect(ran.code).toBe(0);
    expect(ran.out).toMatch(/exp is 2025-11-22T08:26:40\.000Z[^]*Not verified/);
    expect(ran.out).not.toContain('\u001b');
    expect(ran.out).not.toContain('c2lnbmF0dXJl');
    dir.remove();
  });

  test('with a configuration, says why the service would refuse the token', async () => {
    const dir = folder({ token });
    const ran = await cli(
      ['token', 'inspect', '--token-file', 'token', '--config', exampleConfig, '--json'],
      { cwd: dir.path, env: exampleEnv },
    );
    expect([ran.code, JSON.parse(ran.out).verdict]).toEqual([
      1,
      expect.objectContaining({ accepted: false, code: 'token_issuer_unknown' }),
    ]);
    dir.remove();
  });

  test('rejects text that is not a token', async () => {
    const dir = folder({ token: 'a.b.c' });
    const ran = await cli(['token', 'inspect', '--token-file', 'token'], { cwd: dir.path });
    expect(ran.code).toBe(2);
    dir.remove();
  });

  test('takes the token with its scheme as arguments, and never repeats it in an error', async () => {
    expect(await cli(['token', 'inspect', 'Bearer', token])).toMatchObject({ code: 0 });
    const ran = await cli(['token', 'inspect', token, token]);
    expect([ran.code, ran.out]).toEqual([2, '']);
    expect(ran.err).not.toContain(token);
  });
});

describe('countersign serve', () => {
  const store = 'kind: sqlserver\n  connectionString: ${env:COUNTERSIGN_SQLSERVER}';

  test('listens, answers, and stops in order on SIGTERM', async () => {
    const config = edited(
      edited(configText, store, 'kind: sqlite\n  path: countersign.db'),
      'port: 3978',
      'port: 0\n  host: 127.0.0.1',
    );
    const dir = folder({ 'countersign.yaml': config });
    mkdirSync(join(dir.path, 'workflows'));
    writeFileSync(join(dir.path, 'workflows', 'a.yaml'), workflowText);
    const child = spawn(process.execPath, [main, 'serve', '--config', 'countersign.yaml'], {
      cwd: dir.path,
      env: { ...exampleEnv, PATH: process.env.PATH ?? '' },
      stdio: 'pipe',
    });
    const exit = once(child, 'exit');
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => {
      errors += String(chunk);
    });
    try {
      const [line] = await Promise.race([once(child.stdout, 'data'), exit]);
      const { event, url } = JSON.parse(String(line)) as { event: string; url: string };
      expect(event).toBe('listening');
      expect((await fetch(`${url}/healthz`)).status).toBe(200);
      expect((await fetch(`${url}/readyz`)).status).toBe(200);
      expect((await fetch(`${url}/v1/workflows`)).status).toBe(401);
      child.kill('SIGTERM');
      expect(await exit).toEqual([0, null]);
      expect(errors).toContain('sqlite_in_production');
    } finally {
      child.kill('SIGKILL');
      dir.remove();
    }
  });

  test('exits with 1 and EADDRINUSE when the port is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const config = edited(
      edited(configText, store, 'kind: sqlite\n  path: countersign.db'),
      'port: 3978',
      `port: ${port}\n  host: 127.0.0.1`,
    );
    const dir = folder({ 'countersign.yaml': config });
    mkdirSync(join(dir.path, 'workflows'));
    writeFileSync(join(dir.path, 'workflows', 'a.yaml'), workflowText);
    const child = spawn(process.execPath, [main, 'serve', '--config', 'countersign.yaml'], {
      cwd: dir.path,
      env: { ...exampleEnv, PATH: process.env.PATH ?? '' },
      stdio: 'pipe',
    });
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => {
      errors += String(chunk);
    });
    try {
      expect(await once(child, 'exit')).toEqual([1, null]);
      expect(errors).toContain('EADDRINUSE');
    } finally {
      child.kill('SIGKILL');
      taken.close();
      dir.remove();
    }
  });

  test('prints the line of a configuration problem and starts nothing', async () => {
    const config = edited(configText, 'publicUrl: https:', 'publicUrl: http:');
    const dir = folder({ 'countersign.yaml': config });
    const ran = await cli(['serve', '--config', 'countersign.yaml'], {
      cwd: dir.path,
      env: exampleEnv,
    });
    expect([ran.code, ran.out]).toEqual([1, '']);
    expect(ran.err).toMatch(/yaml:5:14: server\.publicUrl: .*\[production_http_public_url\]/);
    dir.remove();
  });
});

test('main rejects an old Node before it loads anything that Node cannot parse', () => {
  const text = readFileSync(main, 'utf8');
  expect(text.indexOf('process.versions.node')).toBeLessThan(text.indexOf('await import('));
  expect(text).not.toMatch(/^import /m);
});

describe('countersign migrate', () => {
  const store = 'kind: sqlserver\n  connectionString: ${env:COUNTERSIGN_SQLSERVER}';

  test('applies the migrations once, then says that the schema is up to date', async () => {
    const config = edited(configText, store, 'kind: sqlite\n  path: countersign.db');
    const dir = folder({ 'countersign.yaml': config });
    mkdirSync(join(dir.path, 'workflows'));
    writeFileSync(join(dir.path, 'workflows', 'a.yaml'), workflowText);
    const migrate = (...more: string[]) =>
      cli(['migrate', '--config', 'countersign.yaml', ...more], { cwd: dir.path, env: exampleEnv });
    const first = await migrate('--json');
    expect(JSON.parse(first.out).applied).toContain('0001-initial.sql');
    expect(await migrate()).toMatchObject({ code: 0, out: 'The schema is up to date.\n' });
    dir.remove();
  });

  test('exits with 1 and one sentence when the store cannot be opened', async () => {
    const dir = folder({
      'countersign.yaml': edited(
        configText,
        store,
        'kind: sqlite\n  path: nowhere/at/all/countersign.db',
      ),
    });
    mkdirSync(join(dir.path, 'workflows'));
    writeFileSync(join(dir.path, 'workflows', 'a.yaml'), workflowText);
    const ran = await cli(['migrate', '--config', 'countersign.yaml'], {
      cwd: dir.path,
      env: exampleEnv,
    });
    expect(ran.code).toBe(1);
    expect(ran.err).toMatch(/^The store was not migrated: StoreError: /);
    dir.remove();
  });
});

describe('countersign migrate --plan', () => {
  const store = 'kind: sqlserver\n  connectionString: ${env:COUNTERSIGN_SQLSERVER}';
  const prepared = () => {
    const config = edited(configText, store, 'kind: sqlite\n  path: countersign.db');
    const dir = folder({ 'countersign.yaml': config });
    mkdirSync(join(dir.path, 'workflows'));
    writeFileSync(join(dir.path, 'workflows', 'a.yaml'), workflowText);
    const migrate = (...more: string[]) =>
      cli(['migrate', '--config', 'countersign.yaml', ...more], { cwd: dir.path, env: exampleEnv });
    return { dir, migrate };
  };

  test('prints the pending migrations and creates no file', async () => {
    const { dir, migrate } = prepared();
    const before = readdirSync(dir.path);
    const plain = await migrate('--plan');
    expect([plain.code, plain.err]).toEqual([0, '']);
    expect(plain.out).toMatch(/1 {2}0001-initial\.sql {2}\d+ statements, \d+ bytes\n {3}sha256 /);
    const { out } = await migrate('--plan', '--json');
    const { store: kind, pending } = JSON.parse(out) as {
      store: string;
      pending: Record<string, unknown>[];
    };
    expect(kind).toBe('sqlite');
    expect(pending[0]).toMatchObject({ name: '0001-initial.sql' });
    for (const { statements } of pending) expect(statements).toBeGreaterThan(0);
    expect(pending.map(({ version }) => version)).toEqual(pending.map((_, at) => at + 1));
    for (const { checksum } of pending) expect(checksum).toMatch(/^[\w-]{43}$/);
    expect(readdirSync(dir.path)).toEqual(before);
    dir.remove();
  });

  test('prints that nothing would run, changes nothing, and rejects a newer schema', async () => {
    const { dir, migrate } = prepared();
    await migrate();
    const file = join(dir.path, 'countersign.db');
    const before = readFileSync(file);
    expect(await migrate('--plan')).toMatchObject({
      code: 0,
      out: 'The schema is up to date: nothing would run.\n',
    });
    expect(readFileSync(file)).toEqual(before);
    const database = new DatabaseSync(file);
    database.exec(`INSERT INTO schema_migrations VALUES (9001, '9001-later.sql', 'x', 0)`);
    database.close();
    const refused = await migrate('--plan', '--json');
    expect([refused.code, refused.out]).toEqual([1, '']);
    expect(refused.err).toContain('9001-later.sql');
    dir.remove();
  });

  test.each([
    [['--plan', '--from', 'sqlite:x']],
    [['--to', 'sqlserver:env:X']],
    [['--from', 'x']],
    [['--from', 'sqlite:']],
    [['--from', 'sqlite:x', '--to', 'sqlite:y']],
    [['--from', 'sqlite:x', '--to', 'sqlserver:env:NOT_SET']],
    [['--from', 'sqlite:x']],
    [['--profile', 'test']],
  ])('%j is wrong usage', async (args) => {
    const { dir, migrate } = prepared();
    expect(await migrate(...args)).toMatchObject({ code: 2, out: '' });
    dir.remove();
  });

  test('warns about a password in the arguments, and never prints it', async () => {
    const { dir, migrate } = prepared();
    await migrate();
    const ran = await migrate(
      '--from',
      'sqlite:countersign.db',
      '--to',
      'sqlserver:Server=h;Password=hunter2',
    );
    expect(ran.code).toBe(1);
    expect(ran.err).toMatch(/every process of this machine[^]*names no database/);
    expect(ran.err).not.toContain('hunter2');
    // A failed move leaves the source usable.
    expect((await migrate()).code).toBe(0);
    dir.remove();
  });
});

test('prints no control character of an argument, of commander or of a file name', async () => {
  const hostile = 'a\u009b2J\u202eb\u001b[2K\r\u0007c';
  const RAW = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;
  for (const args of [
    [hostile],
    ['audit', hostile],
    ['check', '--config', hostile],
    ['check', `--${hostile}`],
    ['token', hostile],
    ['audit', 'verify', '--sqlite', hostile, '--jwks', hostile],
  ]) {
    const { out, err, code } = await cli(args);
    expect(code).toBeGreaterThan(0);
    expect(out + err).toMatch(/u009b/);
    expect(out + err).not.toMatch(RAW);
  }
});
