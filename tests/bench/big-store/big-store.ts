import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { performance } from 'node:perf_hooks';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLogger } from '../../../src/lib/logger.ts';
import { openSqliteStore } from '../../../src/store/sqlite/store.ts';
import type { Bench } from '../bench.ts';
import { rounded } from '../contest.ts';
import { median, quantile } from '../load.ts';
import { fillStore } from './fill-store.ts';
import { OPERATIONS } from './operations.ts';
import type { Operation } from './operations.ts';
import { eventsEach } from './rows.ts';
import { openSide } from './side.ts';
import type { Side } from './side.ts';

const SMALL = 1_000;
const BIG = 1_000_000;
const MOST = 1.3;
const WARM_UP = 10;
const PAGE_SAMPLES = 15;
const STARTS = 9;

/** The medians of an operation on both stores. */
interface Row {
  readonly ms: number;
  readonly baselineMs: number;
  readonly ratio: number;
  readonly p99Ms: number;
  readonly baselineP99Ms: number;
  /** Pages of 4 KB read from the file with a cold cache; null for writes. */
  readonly pages: number | null;
  readonly baselinePages: number | null;
  /** Why it does not count for the goal. */
  readonly outside?: string;
}

/**
 * Compares a store of a million requests and five million audit events with one of a thousand
 * requests. Runs each operation on both in turn, so that a slower machine affects both. Reports the
 * worst ratio.
 */
export const bigStore: Bench = {
  name: 'big-store',
  goal: `every operation at most ${MOST} times`,
  onlyNamed: true,
  holds: ({ ratio }) => ratio <= MOST,
  async run({ requests = BIG, folder }) {
    const home = folder ?? (await mkdtemp(join(tmpdir(), 'countersign-big-store-')));
    await mkdir(home, { recursive: true });
    try {
      return await withStores(home, requests);
    } finally {
      if (folder === undefined) await rm(home, { recursive: true, force: true });
    }
  },
};

async function withStores(home: string, requests: number) {
  const made = [await filled(home, requests), await filled(home, SMALL)] as const;
  const starts = await measureStarts(made.map(({ path }) => path));
  const big = await openSide(made[0].path, { requests, now: made[0].now });
  const small = await openSide(made[1].path, { requests: SMALL, now: made[1].now });
  for (const { path } of made) warmIndexes(path);
  try {
    const rows: Record<string, Row> = { 'start of the store': starts };
    for (const operation of OPERATIONS) {
      rows[operation.name] = await measure(operation, { big, small });
    }
    const decision = rows['decision'];
    return {
      name: 'big-store',
      baseline: `a store of ${SMALL} requests`,
      ratio: Math.max(
        ...Object.values(rows)
          .filter(({ outside }) => outside === undefined)
          .map(({ ratio }) => ratio),
      ),
      p50Ms: decision?.ms ?? NaN,
      p99Ms: decision?.p99Ms ?? NaN,
      baselineP99Ms: decision?.baselineP99Ms ?? NaN,
      requests,
      events: requests * eventsEach,
      ...rows,
    };
  } finally {
    await big.close();
    await small.close();
  }
}

/** A store of this size in the folder, from an earlier run or new. */
async function filled(home: string, requests: number): Promise<{ path: string; now: number }> {
  const path = join(home, `store-${requests}.db`);
  const now = systemClock.now();
  if (!existsSync(path)) {
    fillStore(`${path}-unfinished`, { requests, now });
    await rename(`${path}-unfinished`, path);
  }
  return { path, now };
}

async function measure(
  operation: Operation,
  { big, small }: { big: Side; small: Side },
): Promise<Row> {
  const times = { big: [] as number[], small: [] as number[] };
  const warmUp = Math.min(WARM_UP, Math.ceil(operation.rounds / 10));
  for (let round = -warmUp; round < operation.rounds; round += 1) {
    // The first of a pair may wait for earlier writes, so the sides take turns in being first.
    const pair = [
      ['big', big],
      ['small', small],
    ] as const;
    for (const [name, side] of round % 2 === 0 ? pair : [pair[1], pair[0]]) {
      const given = await operation.prepare(side);
      const begun = performance.now();
      await operation.run(side, given);
      if (round >= 0) times[name].push(performance.now() - begun);
    }
  }
  return rowOf(times.big, times.small, {
    pages: await pagesOf(operation, big),
    baselinePages: await pagesOf(operation, small),
    ...(operation.outside === undefined ? {} : { outside: operation.outside }),
  });
}

function rowOf(
  big: readonly number[],
  small: readonly number[],
  pages: Pick<Row, 'pages' | 'baselinePages' | 'outside'> = { pages: null, baselinePages: null },
): Row {
  const sorted = (times: readonly number[]) => [...times].sort((one, two) => one - two);
  return {
    ms: digits(median(big)),
    baselineMs: digits(median(small)),
    ratio: rounded(median(big) / median(small)),
    p99Ms: digits(quantile(sorted(big), 0.99)),
    baselineP99Ms: digits(quantile(sorted(small), 0.99)),
    ...pages,
  };
}

async function pagesOf({ read, prepare }: Operation, side: Side): Promise<number | null> {
  if (read === undefined) return null;
  const pages: number[] = [];
  for (let sample = 0; sample < PAGE_SAMPLES; sample += 1) {
    const given = await prepare(side);
    pages.push(await side.pagesOf((reader) => read(reader, given)));
  }
  return median(pages);
}

/** Opens the store completely: checks the schema, tries a write, starts the thread. */
async function measureStarts(paths: readonly string[]): Promise<Row> {
  const times: number[][] = paths.map(() => []);
  for (let round = -1; round < STARTS; round += 1) {
    for (const [at, path] of paths.entries()) {
      const begun = performance.now();
      const store = await openSqliteStore({ path, clock: systemClock, log: silentLogger });
      await store.check();
      if (round >= 0) times[at]?.push(performance.now() - begun);
      await store.close();
    }
  }
  return rowOf(times[0] ?? [], times[1] ?? []);
}

function digits(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}

/**
 * Reads every index once, because a machine that has served this store for a while has it in
 * memory. Otherwise the first access to each leaf of an index reads the disk.
 */
function warmIndexes(path: string): void {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    const indexes = database
      .prepare(
        `SELECT name, tbl_name AS tableName FROM sqlite_schema
      WHERE type = 'index' AND (sql IS NULL OR sql NOT LIKE '%WHERE%')`,
      )
      .all();
    for (const { name, tableName } of indexes) {
      database.prepare(`SELECT count(*) FROM "${tableName}" INDEXED BY "${name}"`).get();
    }
  } finally {
    database.close();
  }
}
