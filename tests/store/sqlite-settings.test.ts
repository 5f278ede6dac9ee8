import { openReader, openWriter } from '../../src/store/sqlite/connection.ts';
import type { Connection } from '../../src/store/sqlite/connection.ts';
import { isInUse } from '../../src/store/sqlite/in-use.ts';
import { temporaryPath } from './open-sqlite.ts';

describe('connections of a SQLite store', () => {
  let file: ReturnType<typeof temporaryPath>;
  beforeEach(() => {
    file = temporaryPath();
  });
  afterEach(() => file.remove());

  const setting = (connection: Connection, name: string) =>
    Object.values(connection.get(`PRAGMA ${name}`) as Record<string, unknown>)[0];

  test('the writer uses a write-ahead log, and flushes every commit before it answers', () => {
    const writer = openWriter(file.path, { busyMs: 100 });
    expect(setting(writer, 'journal_mode')).toBe('wal');
    // 2 is FULL: sqlite.org/pragma.html#pragma_synchronous
    expect(setting(writer, 'synchronous')).toBe(2);
    expect(setting(writer, 'foreign_keys')).toBe(1);
    writer.close();
  });

  test('the reader cannot write', () => {
    const writer = openWriter(file.path, { busyMs: 100 });
    writer.run('CREATE TABLE things (id INTEGER)');
    const reader = openReader(file.path, { busyMs: 100 });
    expect(() => reader.run('INSERT INTO things VALUES (1)')).toThrow(/readonly/);
    reader.close();
    writer.close();
  });

  test('reports a file as in use while another connection has it open, without harm to it', () => {
    expect(isInUse(file.path)).toBe(false);
    const writer = openWriter(file.path, { busyMs: 100 });
    writer.run('CREATE TABLE things (id INTEGER)');
    const reader = openReader(file.path, { busyMs: 100 });
    expect(isInUse(file.path)).toBe(true);
    writer.run('INSERT INTO things VALUES (1)');
    expect(reader.all('SELECT id FROM things')).toHaveLength(1);
    expect(setting(writer, 'journal_mode')).toBe('wal');
    reader.close();
    writer.close();
    expect(isInUse(file.path)).toBe(false);
  });
});
