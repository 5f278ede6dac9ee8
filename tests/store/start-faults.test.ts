import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { shippedMigrations as forServer } from '../../src/store/sqlserver/migrate.ts';
import { migrate, shippedMigrations } from '../../src/store/sqlite/migrate.ts';
import { openWriter } from '../../src/store/sqlite/connection.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { cli, folder } from '../unit/cli/support.ts';
import { configText, edited, exampleEnv, workflowText } from '../unit/config/support.ts';
import { startTdsDouble } from './support/tds-double.ts';
import type { Answer } from './support/tds-double.ts';

// Every way that a start can fail, with the time limits of production. Each ends within ten seconds
// with a sentence, and with nothing written in part.
const IN_TIME_MS = 10_000;
const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const STORE = 'kind: sqlserver\n  connectionString: ${env:COUNTERSIGN_SQLSERVER}';

let dir: ReturnType<typeof folder>;
const stops: (() => unknown)[] = [];
beforeEach(() => {
  dir = folder({ 'countersign.yaml': configText });
  mkdirSync(join(dir.path, 'workflows'));
  writeFileSync(join(dir.path, 'workflows', 'a.yaml'), workflowText);
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
  dir.remove();
});

/** Runs `countersign migrate`, which opens the store as `serve` does; returns output and time. */
async function start(
  connectionString: string,
  { profile = 'local', more = [] as string[] } = {},
): Promise<{ code: number; err: string; inTime: boolean }> {
  const before = performance.now();
  const { code, err } = await cli(
    ['migrate', '--config', 'countersign.yaml', '--profile', profile, ...more],
    { cwd: dir.path, env: { ...exampleEnv, COUNTERSIGN_SQLSERVER: connectionString } },
  );
  return { code, err, inTime: performance.now() - before < IN_TIME_MS };
}
const failed = (words: RegExp) => ({
  code: 1,
  inTime: true,
  err: expect.stringMatching(words) as unknown as string,
});

describe('failing starts on SQL Server', () => {
  const known = forServer().map(({ version, name, checksum }) => ({ version, name, checksum }));
  const healthy = (statement: string): Answer => {
    if (statement.includes('sys.tables')) return { rows: [{ tables: 20, ours: 1 }] };
    if (statement.includes('dbo.schema_migrations')) return { rows: known };
    return statement.includes('checked_at') ? { rows: [{ value: 1 }] } : { rows: [] };
  };
  async function double(script: Partial<Parameters<typeof startTdsDouble>[0]>) {
    const started = await startTdsDouble({ answer: healthy, ...script });
    stops.push(() => started.stop());
    return started;
  }
  const writes = (asked: readonly string[]) =>
    asked.filter((text) => /INSERT INTO|UPDATE dbo|CREATE TABLE|sp_getapplock/.test(text));

  test('succeed without a fault', async () => {
    const { connectionString } = await double({});
    expect(await start(connectionString)).toMatchObject({ code: 0, err: '' });
  });

  test.each([
    ['nonsense', /names no server/],
    ['Server=db.example', /names no database/],
    ['Server=db.example;Database=x;Encrypt=false', /encryption/],
    ['Server=db.example;Database=x;TrustServerCertificate=true', /certificate/],
    ['Server=db.example;Database=x;Authentication=Magic', /which is none of/],
  ])('report the connection string %j', async (connectionString, words) => {
    expect(await start(connectionString, { profile: 'production' })).toEqual(failed(words));
  });

  test('report a server that does not encrypt', async () => {
    const { connectionString, logins } = await double({});
    const result = await start(connectionString.replace('Encrypt=false', 'Encrypt=true'));
    expect(result).toEqual(failed(/keeps the connection from being encrypted/));
    expect(result.err).not.toContain('secret');
    expect(logins()).toBe(0);
  });

  test.each([
    ['a wrong password', 18456, /refuses the login: check user and password/],
    ['no such database', 4060, /may not open the database/],
  ])('%s', async (_name, error, words) => {
    const { connectionString, asked } = await double({ login: () => ({ error }) });
    const result = await start(connectionString);
    expect(result).toEqual(failed(words));
    expect(result.err).not.toContain('secret');
    expect(asked).toEqual([]);
  });

  test.each([
    ['missing grants', 229, /lacks a permission: run infra\/sql\/grants\.sql/],
    ['a read-only database', 3906, /cannot be written: connect to the primary/],
    ['a full disk', 1105, /is full: free space/],
    ['a full log', 9002, /is full: free space/],
  ])('%s', async (_name, error, words) => {
    const { connectionString, asked } = await double({
      answer: (text) => (text.includes('checked_at') ? { error } : healthy(text)),
    });
    expect(await start(connectionString)).toEqual(failed(words));
    // The write check of the start is the only statement that would have written.
    expect(writes(asked).filter((text) => !text.includes('checked_at'))).toEqual([]);
  });

  test.each([
    ['no right to change the schema', 262, /countersign migrate/],
    ['a disk that is full at a migration', 1105, /Nothing of the change was written/],
  ])('%s', async (_name, error, words) => {
    const { connectionString, asked } = await double({
      answer(text) {
        if (text.includes('sp_getapplock')) return { error };
        return text.includes('dbo.schema_migrations ORDER') ? { rows: [] } : healthy(text);
      },
    });
    expect(await start(connectionString)).toEqual(failed(words));
    // One batch and one transaction: a rollback leaves nothing.
    expect(writes(asked)).toHaveLength(1);
    expect(writes(asked)[0]).toMatch(/XACT_ABORT ON[^]*BEGIN TRANSACTION[^]*ROLLBACK TRANSACTION/);
  });

  test('report a newer schema, and a store with an unfinished transfer', async () => {
    const newer = await double({
      answer: (text) =>
        text.includes('dbo.schema_migrations')
          ? { rows: [{ version: 9001, name: '9001-later.sql', checksum: 'x' }] }
          : healthy(text),
    });
    expect(await start(newer.connectionString)).toEqual(failed(/9001-later.*newer version/));
    expect(writes(newer.asked)).toEqual([]);
    const half = await double({
      answer: (text) =>
        text.includes('dbo.transfers') ? { rows: [{ step: 'requests' }] } : healthy(text),
    });
    expect(await start(half.connectionString)).toEqual(
      failed(/The copy of another store .* is unfinished/),
    );
    expect(writes(half.asked)).toEqual([]);
  });

  test('report a closed port, a black hole, and a server that falls silent at any point', async () => {
    const gone = await double({});
    await gone.stop();
    const login = await double({ login: () => 'silence' });
    const survey = await double({ answer: () => 'silence' });
    const later = await double({
      answer: (text) => (text.includes('checked_at') ? 'silence' : healthy(text)),
    });
    const proxy = await startTcpProxy({ port: login.port });
    stops.push(() => proxy.stop());
    proxy.become('swallow');
    const hole = login.connectionString.replace(`${login.port}`, `${proxy.port}`);
    const result = await Promise.all([
      start(gone.connectionString),
      start(hole),
      start(hole, { more: ['--plan'] }),
      ...[login, survey, later].map(({ connectionString }) => start(connectionString)),
    ]);
    expect(result).toEqual(result.map(() => failed(/cannot be reached|did not answer in time/)));
    for (const { asked } of [gone, login, survey]) expect(writes(asked)).toEqual([]);
  });

  test('end the process of the service at a black hole', async () => {
    const proxy = await startTcpProxy({ port: 1 });
    stops.push(() => proxy.stop());
    proxy.become('swallow');
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', main, 'serve', '--config', 'countersign.yaml'],
      {
        cwd: dir.path,
        stdio: 'pipe',
        env: {
          ...exampleEnv,
          PATH: process.env['PATH'],
          COUNTERSIGN_SQLSERVER: `Server=127.0.0.1,${proxy.port};Database=x;User Id=a;Password=b`,
        },
      },
    );
    stops.push(() => child.kill('SIGKILL'));
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => {
      errors += String(chunk);
    });
    // The ten seconds do not include loading the program, which is slow on a busy machine.
    const exit = once(child, 'exit');
    const timer = setTimeout(() => child.kill('SIGKILL'), 2 * IN_TIME_MS);
    expect(await exit).toEqual([1, null]);
    clearTimeout(timer);
    expect(errors).toContain('The server cannot be reached');
  });
});

describe('failing starts on SQLite', () => {
  const path = () => join(dir.path, 'store.db');
  const startOn = (given = 'store.db') => {
    writeFileSync(
      join(dir.path, 'countersign.yaml'),
      edited(configText, STORE, `kind: sqlite\n  path: ${given}`),
    );
    return start('');
  };
  const change = (sql: string) => {
    const database = new DatabaseSync(path());
    database.exec(sql);
    database.close();
  };
  const left = () =>
    readdirSync(dir.path)
      .filter((name) => name.startsWith('store'))
      .sort()
      .map((name) => [name, readFileSync(join(dir.path, name)).toString('base64')]);

  test('report a path that does not exist', async () => {
    expect(await startOn('no/where/store.db')).toEqual(failed(/directory exists/));
    expect(readdirSync(dir.path)).toEqual(['countersign.yaml', 'workflows']);
  });

  test('report a read-only database', async () => {
    await startOn();
    const file = openSync(path(), 'r+');
    // From write version 3 on SQLite opens the file read-only (sqlite.org/fileformat2.html, 1.3.3);
    // file permissions would not stop a superuser.
    writeSync(file, new Uint8Array([3]), 0, 1, 18);
    closeSync(file);
    const before = left();
    expect(await startOn()).toEqual(failed(/cannot be written: make the file/));
    expect(left()).toEqual(before);
  });

  test('report a newer schema, an edited one, and the database of another program', async () => {
    await startOn();
    change(`INSERT INTO schema_migrations VALUES (9001, '9001-later.sql', 'x', 0)`);
    let before = left();
    expect(await startOn()).toEqual(failed(/9001-later.*newer version/));
    expect(left()).toEqual(before);
    change(`DELETE FROM schema_migrations WHERE version > 9000;
      UPDATE schema_migrations SET checksum = 'x'`);
    before = left();
    expect(await startOn()).toEqual(failed(/undo the edit/));
    expect(left()).toEqual(before);
    change('DROP TABLE schema_migrations');
    before = left();
    expect(await startOn()).toEqual(failed(/another program/));
    expect(left()).toEqual(before);
  });

  test('wait for a locked file, within a time limit', async () => {
    await startOn();
    const holder = new DatabaseSync(path());
    stops.push(() => holder.close());
    holder.exec('PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE');
    expect(await startOn()).toEqual(failed(/Another process holds the database/));
    holder.exec('ROLLBACK');
    expect(await startOn()).toMatchObject({ code: 0 });
  });

  test('keep the previous schema when the disk is full during a migration', () => {
    const shipped = shippedMigrations();
    const connection = openWriter(path(), { busyMs: 100 });
    migrate(connection, { now: 1, maxWaitMs: 100 });
    const next = {
      version: 9_000,
      name: '9000-next.sql',
      sql: Array.from({ length: 20 }, (_, n) => `CREATE TABLE further_${n} (id TEXT);`).join('\n'),
      checksum: 'of the next',
    };
    const migrations = [...shipped, next];
    const tables = () => connection.all(`SELECT name FROM sqlite_master ORDER BY name`);
    const before = tables();
    const { page_count: pages } = connection.get('PRAGMA page_count') as { page_count: number };
    connection.database.exec(`PRAGMA max_page_count = ${pages + 2}`);
    expect(() => migrate(connection, { now: 2, maxWaitMs: 100, migrations })).toThrow(/full/);
    expect(tables()).toEqual(before);
    connection.database.exec(`PRAGMA max_page_count = ${pages + 100}`);
    expect(migrate(connection, { now: 2, maxWaitMs: 100, migrations })).toEqual([next.name]);
    connection.close();
  });

  test('leave nothing written in part when the file size limit is reached', async () => {
    writeFileSync(
      join(dir.path, 'countersign.yaml'),
      edited(configText, STORE, 'kind: sqlite\n  path: store.db'),
    );
    // The file size limit of a process simulates a full disk (setrlimit(2), RLIMIT_FSIZE).
    const child = spawn(
      'sh',
      [
        '-c',
        'ulimit -f 64 && exec "$0" "$@"',
        process.execPath,
        '--disable-warning=ExperimentalWarning',
        main,
        'migrate',
        '--config',
        'countersign.yaml',
      ],
      { cwd: dir.path, env: { ...exampleEnv, PATH: process.env['PATH'] }, stdio: 'pipe' },
    );
    stops.push(() => child.kill('SIGKILL'));
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => {
      errors += String(chunk);
    });
    expect(await once(child, 'close')).toEqual([1, null]);
    expect(errors).toMatch(/check the disk, its free space/);
    const database = new DatabaseSync(path(), { readOnly: true });
    expect(database.prepare('SELECT name FROM sqlite_master').all()).toEqual([]);
    database.close();
    expect(await startOn()).toMatchObject({ code: 0 });
  });
});
