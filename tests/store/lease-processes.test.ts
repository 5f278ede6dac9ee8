import { expect, jest, test } from '@jest/globals';
import type { Store } from '../../src/usecases/ports/store.ts';
import { change, job } from './build.ts';
import { runChild } from './children/run-child.ts';
import { openSqlite } from './open-sqlite.ts';
import {
  SERVER,
  SKIPPED,
  TEST_MS,
  createScratch,
  openSqlServer,
} from './support/open-sqlserver.ts';

const PROCESSES = 4;
const WORKERS = 4;

jest.setTimeout(TEST_MS);

/** Leases these jobs with sixteen workers in four processes; returns the jobs of each. */
async function takenBy(engine: string, where: string): Promise<string[]> {
  const children = Array.from({ length: PROCESSES }, () =>
    runChild('lease-jobs.ts', [engine, where, String(WORKERS)]),
  );
  await Promise.all(children.map(({ started }) => started));
  for (const { process } of children) process.stdin?.end();
  expect(await Promise.all(children.map(({ ended }) => ended))).toEqual(children.map(() => 0));
  const shares = children.map(({ lines }) => lines.length - 1);
  expect(shares.filter((share) => share > 0).length).toBeGreaterThan(1);
  return children.flatMap(({ lines }) => lines.filter((line) => line !== 'ready'));
}

async function fill(store: Store, count: number): Promise<string[]> {
  const keys = Array.from({ length: count }, (_, at) => `job_${String(at).padStart(4, '0')}`);
  await store.commit(change({ jobs: keys.map((key) => job({ key })) }));
  return keys;
}

test('16 workers in 4 processes lease each job once, on SQLite', async () => {
  const { store, path, cleanup } = await openSqlite();
  try {
    const keys = await fill(store, 400);
    expect((await takenBy('sqlite', path)).sort()).toEqual(keys);
    expect(await store.countJobs()).toEqual({ waiting: 0, dead: 0, undeliverable: 0 });
  } finally {
    await cleanup();
  }
});

if (SERVER === '') {
  test('warns that the race is not tested on SQL Server', () => {
    console.warn(SKIPPED);
    expect(SKIPPED).toContain('COUNTERSIGN_TEST_SQLSERVER');
  });
} else {
  test('16 workers in 4 processes lease each job once, on SQL Server', async () => {
    const scratch = await createScratch();
    try {
      const { store, cleanup } = await openSqlServer(scratch);
      const keys = await fill(store, 300);
      expect((await takenBy('sqlserver', scratch.connectionString)).sort()).toEqual(keys);
      expect(await store.countJobs()).toEqual({ waiting: 0, dead: 0, undeliverable: 0 });
      await cleanup();
    } finally {
      await scratch.drop();
    }
  });
}
