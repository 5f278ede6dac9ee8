import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLogger } from '../../src/lib/logger.ts';
import { StoreError } from '../../src/usecases/ports/store-error.ts';
import { runGroup } from '../../src/store/sqlite/group.ts';
import type { Call } from '../../src/store/sqlite/group.ts';
import { migrate } from '../../src/store/sqlite/migrate.ts';
import { openWriter } from '../../src/store/sqlite/connection.ts';
import type { Connection } from '../../src/store/sqlite/connection.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { onceKey, event, change, request, submission } from './build.ts';
import { temporaryPath } from './open-sqlite.ts';

describe('faults of a SQLite store', () => {
  let file: ReturnType<typeof temporaryPath>;
  beforeEach(() => {
    file = temporaryPath();
  });
  afterEach(() => file.remove());

  const open = (path = file.path) =>
    openSqliteStore({ path, clock: systemClock, log: silentLogger });
  const refused = (path = file.path): Promise<unknown> =>
    open(path).then(
      (store) => store.close(),
      (error: unknown) => error,
    );

  /** Creates a store with one request and closes it. */
  async function made(): Promise<void> {
    const store = await open();
    await store.commit(submission(request()));
    await store.close();
  }

  function execute(sql: string): void {
    const database = new DatabaseSync(file.path);
    database.exec(sql);
    database.close();
  }

  function overwrite(position: number, bytes: Uint8Array): void {
    const descriptor = openSync(file.path, 'r+');
    writeSync(descriptor, bytes, 0, bytes.length, position);
    closeSync(descriptor);
  }

  test('names a missing directory', async () => {
    const path = join(dirname(file.path), 'none', 'store.db');
    const error = await refused(path);
    expect(error).toBeInstanceOf(StoreError);
    expect(error).toMatchObject({ code: 'store_unavailable' });
    expect(String(error)).toContain('directory exists');
    expect(String(error)).toContain(path);
  });

  test('rejects a directory in place of the file', async () => {
    mkdirSync(file.path);
    expect(await refused()).toMatchObject({ code: 'store_unavailable' });
  });

  test('rejects a file that is not a database, and does not change it', async () => {
    writeFileSync(file.path, 'not a database at all '.repeat(100));
    const before = readFileSync(file.path);
    expect(await refused()).toMatchObject({ code: 'store_corrupt' });
    expect(readFileSync(file.path)).toEqual(before);
  });

  test('reports a damaged page as damage', async () => {
    await made();
    const { size } = statSync(file.path);
    // Every page but the first, which holds the header.
    overwrite(4_096, new Uint8Array(size - 4_096).fill(0x5a));
    expect(await refused()).toMatchObject({ code: 'store_corrupt' });
  });

  test('rejects a read-only database at the start', async () => {
    await made();
    // Byte 18 is the write version: from 3 on SQLite opens the file read-only
    // (sqlite.org/fileformat2.html, 1.3.3). File permissions would not stop a superuser.
    overwrite(18, new Uint8Array([3]));
    const error = await refused();
    expect(error).toMatchObject({ code: 'store_readonly' });
    expect(String(error)).toContain('writable');
  });

  test('rejects a schema newer than the program', async () => {
    await made();
    execute(`INSERT INTO schema_migrations VALUES (9001, '9001-later.sql', 'x', 0)`);
    const error = await refused();
    expect(error).toMatchObject({ code: 'schema_newer', retryable: false });
    expect(String(error)).toContain('9001-later.sql');
  });

  test('rejects an edited migration', async () => {
    await made();
    execute(`UPDATE schema_migrations SET checksum = 'of another text'`);
    const error = await refused();
    expect(error).toMatchObject({ code: 'schema_changed' });
    expect(String(error)).toContain('0001-initial.sql');
  });

  test('rejects the database of another program, and does not change it', async () => {
    execute('CREATE TABLE theirs (id)');
    expect(await refused()).toMatchObject({ code: 'schema_changed' });
    const database = new DatabaseSync(file.path);
    expect(database.prepare('SELECT name FROM sqlite_master').all()).toMatchObject([
      { name: 'theirs' },
    ]);
    database.close();
  });

  test('rolls a failed migration back completely', () => {
    const connection = openWriter(file.path, { busyMs: 100 });
    const bad = [
      { version: 1, name: '0001-a.sql', sql: 'CREATE TABLE a (id)', checksum: 'a' },
      {
        version: 2,
        name: '0002-b.sql',
        sql: 'CREATE TABLE b (id); CREATE TABLE a (id)',
        checksum: 'b',
      },
    ];
    expect(() => migrate(connection, { now: 1, maxWaitMs: 100, migrations: bad })).toThrow(
      /already/,
    );
    expect(connection.all('SELECT name FROM sqlite_master')).toEqual([]);
    connection.close();
  });

  test('creates the file readable for its owner alone', async () => {
    await made();
    expect((statSync(file.path).mode & 0o777).toString(8)).toBe('600');
  });

  test('on a full disk fails the whole group, writes nothing, and recovers afterwards', () => {
    const connection = openWriter(file.path, { busyMs: 100 });
    migrate(connection, { now: 1, maxWaitMs: 100 });
    const big = { text: 'x'.repeat(200_000) };
    const calls = [0, 1, 2].map((at): Call => [
      'commit',
      change({ events: [event(null, { data: at === 1 ? big : {} })] }),
    ]);
    const { page_count: pages } = connection.get('PRAGMA page_count') as { page_count: number };
    connection.database.exec(`PRAGMA max_page_count = ${pages + 10}`);
    const answers = runGroup(connection, calls, { maxWaitMs: 100 });
    expect(answers).toMatchObject(Array(3).fill({ failed: { code: 'store_full' } }));
    expect(connection.get('SELECT count(*) AS n FROM audit_events')).toMatchObject({ n: 0 });
    expect(connection.get('SELECT count(*) AS n FROM changes')).toMatchObject({ n: 0 });
    connection.database.exec(`PRAGMA max_page_count = ${pages + 1_000}`);
    expect(runGroup(connection, calls, { maxWaitMs: 100 })).toEqual(
      Array(3).fill({ value: { status: 'committed', number: 0 } }),
    );
    connection.close();
  });

  test('a failed COMMIT fails every call of its group and writes nothing', () => {
    const connection = openWriter(file.path, { busyMs: 100 });
    migrate(connection, { now: 1, maxWaitMs: 100 });
    const broken: Connection = {
      ...connection,
      run(sql, row) {
        if (sql === 'COMMIT') throw new Error('disk I/O error');
        return connection.run(sql, row);
      },
    };
    const calls: Call[] = [
      ['commit', submission(request(), { onceKeys: [onceKey({ key: 'k' })] })],
      ['commit', change({})],
    ];
    const answers = runGroup(broken, calls, { maxWaitMs: 100 });
    expect(answers).toMatchObject([{ failed: {} }, { failed: {} }]);
    expect(connection.all('SELECT id FROM requests')).toEqual([]);
    expect(connection.all('SELECT key FROM once_keys')).toEqual([]);
    connection.close();
  });
});
