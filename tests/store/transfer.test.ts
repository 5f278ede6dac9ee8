import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { shippedMigrations } from '../../src/store/sqlite/migrate.ts';
import { openTransferSource } from '../../src/store/sqlite/transfer-source.ts';
import { COLUMNS } from '../../src/store/sqlserver/columns.ts';
import { TRANSFER_TABLES, copyStore } from '../../src/store/transfer.ts';
import type { TransferSource, TransferTable } from '../../src/store/transfer.ts';
import { change, event } from './build.ts';
import { openSqlite } from './open-sqlite.ts';
import { fillStore } from './support/full-store.ts';
import { memoryTarget } from './support/memory-target.ts';

/** Columns of one engine only. */
const ONLY_THERE: Readonly<Record<string, readonly string[]>> = {
  changes: ['attempt'],
  cards: ['message_key'],
  sign_in_links: ['opened'],
  decisions: ['version'],
};

describe('a transfer between engines', () => {
  let opened: Awaited<ReturnType<typeof openSqlite>>;
  const sources: TransferSource[] = [];
  beforeEach(async () => {
    opened = await openSqlite();
    await fillStore(opened.store, 20);
    await opened.store.close();
  });
  afterEach(async () => {
    for (const source of sources.splice(0)) source.close();
    await opened.cleanup();
  });

  const open = () => {
    const source = openTransferSource(opened.path);
    sources.push(source);
    return source;
  };
  const refusal = (path = opened.path): unknown => {
    try {
      openTransferSource(path).close();
      return 'opened';
    } catch (error) {
      return error;
    }
  };
  const quietly = {
    now: () => 1,
    progress: () => undefined,
    verify: () => Promise.resolve(),
    pageRows: 7,
  };
  const execute = (sql: string) => {
    const database = new DatabaseSync(opened.path);
    database.exec(sql);
    database.close();
  };

  test('copies every table of the schema with every column', () => {
    const database = new DatabaseSync(opened.path, { readOnly: true });
    const tables = database
      .prepare(
        `SELECT name FROM sqlite_master WHERE type = 'table'
      AND name NOT IN ('schema_migrations', 'sqlite_sequence')`,
      )
      .all();
    expect(tables.map(({ name }) => name).sort()).toEqual([...TRANSFER_TABLES].sort());
    for (const table of TRANSFER_TABLES) {
      const columns = database
        .prepare(`PRAGMA table_info(${table})`)
        .all()
        .map(({ name }) => name);
      const there = Object.keys(COLUMNS[table]).filter(
        (name) => !ONLY_THERE[table]?.includes(name),
      );
      expect([table, there.sort()]).toEqual([table, columns.sort()]);
    }
    database.close();
  });

  test('has a target with the columns and types of its schema', () => {
    const golden = readFileSync(new URL('golden/sqlserver-schema.txt', import.meta.url), 'utf8');
    const copied = TRANSFER_TABLES.flatMap((table) =>
      Object.entries(COLUMNS[table]).map(([name, type]) => `${table} column ${name} ${type}`),
    );
    const wanted = golden.split('\n').flatMap((line) => {
      const [, table = '', name, type] = /^(\w+) column (\w+) (\S+)/.exec(line) ?? [];
      return TRANSFER_TABLES.some((one) => one === table)
        ? [`${table} column ${name} ${type}`]
        : [];
    });
    expect(copied.sort()).toEqual(wanted.sort());
  });

  test('copies every row once, in pages, with its number', async () => {
    const source = open();
    const target = memoryTarget();
    expect(await copyStore(source, target, quietly)).toBe('done');
    expect(target.tables).toEqual(
      Object.fromEntries(
        TRANSFER_TABLES.map((table) => [table, source.page(table, source.start(table), 100_000)]),
      ),
    );
    for (const table of TRANSFER_TABLES) {
      expect([table, target.tables[table].length]).toEqual([table, source.counts[table]]);
      expect(source.counts[table]).toBeGreaterThan(0);
    }
    expect(target.tables.requests.map(({ number }) => number)).toEqual(
      Array.from({ length: 20 }, (_, at) => at + 1),
    );
    expect(Math.max(...target.pages)).toBe(7);
    expect(await copyStore(source, target, quietly)).toBe('already');
  });

  test('limits a page by the size of its text as well as by its rows', async () => {
    const target = memoryTarget();
    await copyStore(open(), target, { ...quietly, pageRows: 1_000 });
    expect(Math.max(...target.pages)).toBeGreaterThan(7);
    sources.splice(0).forEach((source) => source.close());
    execute(`UPDATE requests SET progress = json_object('text', printf('%.*c', 300000, 'x'))`);
    const again = memoryTarget();
    await copyStore(open(), again, { ...quietly, pageRows: 1_000 });
    expect(again.largest).toBeLessThan(700_000);
    expect(again.tables.requests).toHaveLength(20);
  });

  test('continues after an interruption at any page, and doubles nothing', async () => {
    const source = open();
    const target = memoryTarget();
    let runs = 0;
    for (let outcome = ''; outcome !== 'done'; runs += 1) {
      // Each run copies one page more before the connection breaks.
      target.breakAfter(1);
      outcome = await copyStore(source, target, quietly).catch((error: unknown) => {
        expect(String(error)).toContain('the line broke');
        return '';
      });
    }
    expect(runs).toBeGreaterThan(TRANSFER_TABLES.length);
    for (const table of TRANSFER_TABLES) {
      expect([table, target.tables[table].length]).toEqual([table, source.counts[table]]);
    }
  });

  test('accepts a repeated page whose first answer was lost as written', async () => {
    const source = open();
    const target = memoryTarget();
    target.loseAnswers();
    expect(await copyStore(source, target, quietly)).toBe('done');
    expect(target.tables.requests).toHaveLength(20);
  });

  test('rejects one of two transfers at once, and doubles no row', async () => {
    const source = open();
    const target = memoryTarget();
    const outcomes = await Promise.allSettled([
      copyStore(source, target, quietly),
      copyStore(source, target, quietly),
    ]);
    expect(outcomes.map(({ status }) => status)).toContain('rejected');
    if (outcomes.every(({ status }) => status === 'rejected')) {
      expect(await copyStore(source, target, quietly)).toBe('done');
    }
    for (const table of TRANSFER_TABLES) {
      expect([table, target.tables[table].length]).toEqual([table, source.counts[table]]);
    }
  });

  test('stops between two pages at a signal', async () => {
    const stop = new AbortController();
    const target = memoryTarget();
    const source = open();
    const progress = (table: TransferTable) => {
      if (table === 'decisions') stop.abort();
    };
    await expect(
      copyStore(source, target, { ...quietly, progress, signal: stop.signal }),
    ).rejects.toMatchObject({ code: 'transfer_refused' });
    expect(target.tables.decisions).toHaveLength(7);
    expect(await copyStore(source, target, quietly)).toBe('done');
  });

  test('rejects a target with data, and writes nothing', async () => {
    const target = memoryTarget();
    target.tables.keys.push({ id: 'theirs' });
    await expect(copyStore(open(), target, quietly)).rejects.toThrow(/holds data already/);
    expect(target.pages).toEqual([]);
  });

  test('rejects a source that was used since the transfer began', async () => {
    const target = memoryTarget();
    target.breakAfter(3);
    const source = open();
    await expect(copyStore(source, target, quietly)).rejects.toThrow('the line broke');
    const before = source.fingerprint;
    source.close();
    expect(open().fingerprint).toBe(before);
    sources.splice(0).forEach((one) => one.close());
    opened.clock.set(opened.clock.now() + 1);
    // Without requests or decisions: a start alone counts as use.
    await (await opened.reopen()).close();
    await expect(copyStore(open(), target, quietly)).rejects.toThrow(/used again/);
  });

  test('does not finish when source and target differ', async () => {
    const target = memoryTarget();
    const verify = () => Promise.reject(new Error('they differ'));
    await expect(copyStore(open(), target, { ...quietly, verify })).rejects.toThrow('they differ');
    expect((await target.steps()).find(({ step }) => step === 'verify')?.finishedAt).toBeNull();
  });

  test('rejects a source that a service has open, and a service rejects a source in transfer', async () => {
    const store = await opened.reopen();
    expect(refusal()).toMatchObject({ code: 'transfer_refused' });
    expect(String(refusal())).toContain('stop the service');
    await store.commit(change({ events: [event(null)] }));
    await store.close();
    open();
    await expect(openSqliteQuickly(opened.path)).rejects.toMatchObject({ code: 'store_busy' });
    sources.splice(0).forEach((source) => source.close());
    await (await opened.reopen()).check();
  });

  test('rejects a source of an older schema or another program, and a missing one', () => {
    execute(`DELETE FROM schema_migrations WHERE version = ${shippedMigrations().at(-1)?.version}`);
    expect(refusal()).toMatchObject({ code: 'transfer_refused' });
    expect(String(refusal())).toContain('countersign migrate');
    execute('DROP TABLE schema_migrations');
    expect(refusal()).toMatchObject({ code: 'schema_changed' });
    expect(refusal(`${opened.path}.none`)).toMatchObject({ code: 'store_unavailable' });
  });
});

async function openSqliteQuickly(path: string): Promise<void> {
  const { openSqliteStore } = await import('../../src/store/sqlite/store.ts');
  const { silentLogger } = await import('../../src/lib/logger.ts');
  await openSqliteStore({ path, clock: { now: () => 1 }, log: silentLogger, maxWaitMs: 200 });
}
