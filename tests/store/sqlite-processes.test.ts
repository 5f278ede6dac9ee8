import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { DatabaseSync } from 'node:sqlite';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLogger } from '../../src/lib/logger.ts';
import { shippedMigrations } from '../../src/store/sqlite/migrate.ts';
import { openSqliteStore } from '../../src/store/sqlite/store.ts';
import { runChild } from './children/run-child.ts';
import { temporaryPath } from './open-sqlite.ts';

/** Counts by which a half-written change would show: each submission and decision adds to them. */
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

  test('three processes write at once: every commit holds, every number is given once', async () => {
    const children = [0, 1, 2].map(() => runChild('write-requests.ts', [file.path, '15', '8']));
    expect(await Promise.all(children.map(({ ended }) => ended))).toEqual([0, 0, 0]);
    const numbers = children
      .flatMap(({ lines }) => lines)
      .map((line) => Number(line.split(' ')[1]));
    expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 360 }, (_, at) => at + 1));
    expectWhole();
  });

  test('six processes that start at once on no file migrate it once', async () => {
    const children = Array.from({ length: 6 }, () =>
      runChild('write-requests.ts', [file.path, '1', '1']),
    );
    expect(await Promise.all(children.map(({ ended }) => ended))).toEqual([0, 0, 0, 0, 0, 0]);
    expect(query('SELECT count(*) AS applied FROM schema_migrations')).toEqual({
      applied: shippedMigrations().length,
    });
    expect(query(TALLY)).toMatchObject({ requests: 6, decided: 6 });
  });

  test('a process killed while it writes leaves whole changes, and all that it confirmed', async () => {
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

  test("a writer's thread that dies is replaced; a change tells by its id what became of it", async () => {
    const child = runChild('lose-thread.ts', [file.path]);
    expect(await child.ended).toBe(0);
    expect(child.lines).toEqual(['store_unavailable', 'store_unavailable', 'known', '1']);
  });

  test("a clock that is put back meanwhile does not lengthen the store's rest", async () => {
    const child = runChild('lose-thread.ts', [file.path, '3600000']);
    expect(await child.ended).toBe(0);
    expect(child.lines).toEqual(['store_unavailable', 'store_unavailable', 'known', '1']);
  });
});
