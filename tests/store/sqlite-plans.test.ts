import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync, readdirSync } from 'node:fs';
import { migrate } from '../../src/store/sqlite/migrate.ts';
import { openWriter } from '../../src/store/sqlite/connection.ts';
import type { Connection } from '../../src/store/sqlite/connection.ts';
import { temporaryPath } from './open-sqlite.ts';
import { COLD, SMALL_SORTS, SQLITE_QUERIES } from './support/sqlite-queries.ts';

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
const FOLDER = new URL('../../src/store/sqlite/queries/', import.meta.url);

/** The expected plan of each hot statement, one a line: `NAME: step; step`. */
const golden = new Map(
  read('./golden/sqlite-plans.txt')
    .trim()
    .split('\n')
    .map((line) => line.split(': ', 2) as [string, string]),
);

/** Scans that read no table: a parameter's list, a row of constants. */
const NO_TABLE = /^SCAN (CONSTANT ROW|\w+ VIRTUAL TABLE)/;
const FRAME = /SUBQUERY \d+$|^CREATE BLOOM FILTER$/;

describe('plans of the SQLite queries', () => {
  const file = temporaryPath();
  let connection: Connection;
  beforeAll(() => {
    connection = openWriter(file.path, { busyMs: 100 });
    migrate(connection, { now: 1, maxWaitMs: 100 });
  });
  afterAll(() => {
    connection.close();
    file.remove();
  });

  const stepsOf = (sql: string) =>
    (connection.all(`EXPLAIN QUERY PLAN ${sql}`) as Step[])
      .map(({ detail }) => detail)
      .filter((detail) => !FRAME.test(detail));
  const all = Object.values(SQLITE_QUERIES).flatMap((queries) => Object.entries(queries));
  const hot = all.filter(([name]) => !(name in COLD));

  test.each(hot)('%s uses an index, and sorts no growing set', (name, sql) => {
    const steps = stepsOf(sql);
    expect(steps.filter((step) => step.startsWith('SCAN') && !NO_TABLE.test(step))).toEqual([]);
    const sorts = steps.filter((step) => step.startsWith('USE TEMP B-TREE'));
    if (!(name in SMALL_SORTS)) expect(sorts).toEqual([]);
    expect(steps.join('; ')).toBe(golden.get(name) ?? 'no plan in the golden file');
  });

  test('every statement is listed as hot or cold, and every query file is checked', () => {
    // The queries of a transfer read whole tables once, by their keys.
    expect(
      readdirSync(FOLDER)
        .filter((name) => name !== 'transfer.ts')
        .sort(),
    ).toEqual(
      Object.keys(SQLITE_QUERIES)
        .map((name) => `${name}.ts`)
        .sort(),
    );
    expect([...golden.keys()].sort()).toEqual(hot.map(([name]) => name).sort());
    const names = all.map(([name]) => name);
    expect(names).toEqual(
      expect.arrayContaining([...Object.keys(COLD), ...Object.keys(SMALL_SORTS)]),
    );
  });

  test('the reference lists every hot and every cold statement', () => {
    const reference = read('../../docs/reference/store-queries.md');
    expect(all.map(([name]) => name).filter((name) => !reference.includes(`\`${name}\``))).toEqual(
      [],
    );
  });
});

interface Step {
  readonly detail: string;
}
