import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { DatabaseSync } from 'node:sqlite';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLogger } from '../../src/lib/logger.ts';
import { shippedMigrations } from '../../src/store/sqlite/migrate.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { runChild } from './children/run-child.ts';
import { temporaryPath } from './open-sqlite.ts';

/** Row counts that a partly written change would break: submissions and decisions add to each. */
const TALLY = `
  SELECT
    (SELECT count(*) FROM requests) AS requests,
    (SELECT count(*) FROM requests WHERE version = 2 AND state = 'approved') AS decided,
    (SELECT count(*) FROM decisions) AS decisions,
    (SELECT count(*) FROM once_keys) AS once_keys,
    (SELECT count(*) FROM changes) AS changes,
    (SELECT count(*) FROM audit_events) AS events,
    (SELECT count(*) FROM audit_pending) AS pending,
    (SELECT count(*) FROM cards) AS cards,
    (SELECT count(*) FROM jobs) AS jobs`;

describe('processes on one SQLite file', () => {
  let file: ReturnType<typeof temporaryPath>;
  beforeEach(() => {
    file = temporaryPath();
  });
  afterEach(() => file.remove());

  function query(sql: string): Record<string, unknown> {
    const database = new DatabaseSync(file.path, { readOnly: true });
    try {
      return { ...database.prepare(sql).get() };
    } finally {
      database.close();
    }
  }

  function expectWhole(): void {
    const tally = query(TALLY) as Record<string, number>;
    const { requests = 0, decided = 0 } = tally;
    expect(tally).toEqual({
      requests,
      decided,
      decisions: decided,
      once_keys: decided,
      changes: requests + decided,
      events: requests + 2 * decided,
      pending: requests + 2 * decided,
      cards: requests,
      jobs: requests + 2 * decided,
    });
    expect(query('PRAGMA integrity_check')).toEqual({ integrity_check: 'ok' });
  }

  test('three processes write concurrently: every commit is kept, every number is unique', async () => {
    const children = [0, 1, 2].map(() => runChild('write-requests.ts', [file.path, '15', '8']));
    expect(await Promise.all(children.map(({ ended }) => ended))).toEqual([0, 0, 0]);
    const numbers = children
      .flatMap(({ lines }) => lines)
      .map((line) => Number(line.split(' ')[1]));
    expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 360 }, (_, at) => at + 1));
    expectWhole();
  });

  test('six processes that start at once without a file migrate once', async () => {
    const children = Array.from({ length: 6 }, () =>
      runChild('write-requests.ts', [file.path, '1', '1']),
    );
    expect(await Promise.all(children.map(({ ended }) => ended))).toEqual([0, 0, 0, 0, 0, 0]);
    expect(query('SELECT count(*) AS applied FROM schema_migrations')).toEqual({
      applied: shippedMigrations().length,
    });
    expect(query(TALLY)).toMatchObject({ requests: 6, decided: 6 });
  });

  test('a process killed while it writes leaves complete changes, and all confirmed ones', async () => {
    const confirmed: string[] = [];
    for (const lastsMs of [5, 40, 90, 170]) {
      const child = runChild('write-requests.ts', [file.path, '100000', '16']);
      await child.started;
      await new Promise((resolve) => setTimeout(resolve, lastsMs));
      child.process.kill('SIGKILL');
      expect(await child.ended).toBe('SIGKILL');
      confirmed.push(...child.lines.slice(0, -1).map((line) => line.split(' ')[0] ?? ''));

      const store = await openSqliteStore({
        path: file.path,
        clock: systemClock,
        log: silentLogger,
      });
      for (const id of confirmed) {
        expect((await store.loadRequest(id))?.decisions).toHaveLength(1);
      }
      await store.close();
      expectWhole();
    }
    expect(confirmed.length).toBeGreaterThan(50);
  });

  test('a dead writer thread is replaced, and the id of a change tells whether it was committed', async () => {
    const child = runChild('lose-thread.ts', [file.path]);
    expect(await child.ended).toBe(0);
    expect(child.lines).toEqual(['store_unavailable', 'store_unavailable', 'known', '1']);
  });

  test('a clock set back in the meantime does not lengthen the retry delay', async () => {
    const child = runChild('lose-thread.ts', [file.path, '3600000']);
    expect(await child.ended).toBe(0);
    expect(child.lines).toEqual(['store_unavailable', 'store_unavailable', 'known', '1']);
  });
});
