import { afterEach, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { systemClock } from '../../src/lib/clock.ts';
import { systemIds } from '../../src/lib/ids.ts';
import { silentLogger } from '../../src/lib/logger.ts';
import { poolConfig } from '../../src/store/sqlserver/connection.ts';
import { shippedMigrations } from '../../src/store/sqlserver/migrate.ts';
import { openPool } from '../../src/store/sqlserver/pool.ts';
import { openSqlServerStore } from '../../src/store/sqlserver/store.ts';
import { TRANSIENT } from '../../src/store/sqlserver/transient-errors.ts';
import { change, event } from './build.ts';
import { startTdsDouble } from './support/tds-double.ts';
import type { Answer } from './support/tds-double.ts';
import { failedLoginTokens } from './support/tds-tokens.ts';

/** As published: SqlConfigurableRetryFactory.BaselineTransientErrors; no server sends its 0. */
const SQL_CLIENT = [
  20, 64, 233, 997, 1204, 1205, 1222, 4060, 4221, 10053, 10054, 10060, 10928, 10929, 40143, 40197,
  40501, 40540, 40613, 49918, 49919, 49920,
];
/** As published: SQLServerError.TransientError of mssql-jdbc. */
const JDBC = [
  4060, 4221, 10928, 10929, 40020, 40143, 40166, 40197, 40501, 40540, 40613, 42108, 42109, 49918,
  49919, 49920,
];
/** As published: SqlServerTransientExceptionDetector of EF Core. */
const EF_CORE = [
  20, 64, 121, 203, 233, 539, 601, 615, 617, 669, 921, 926, 927, 941, 952, 982, 988, 997, 1203,
  1204, 1205, 1215, 1216, 1221, 1222, 1232, 1404, 1413, 1421, 1438, 1532, 1533, 1534, 1535, 1807,
  2021, 2816, 3429, 3635, 3935, 3941, 3947, 3948, 3950, 3953, 3957, 3960, 3966, 3980, 4060, 4117,
  4184, 4221, 5280, 5529, 6292, 7951, 8628, 8645, 8651, 9020, 9515, 9985, 10053, 10054, 10060,
  10922, 10928, 10929, 10930, 10936, 11001, 11539, 14355, 14817, 14868, 14906, 16528, 16554, 16555,
  17065, 17066, 17067, 17197, 17889, 18401, 18858, 19413, 19416, 19494, 20041, 21503, 22225, 22226,
  22335, 22353, 22355, 22358, 22427, 22430, 22491, 22493, 22498, 22754, 22758, 22759, 22760, 22984,
  25003, 25738, 25740, 30080, 30085, 33123, 35216, 35218, 35256, 35293, 37202, 37327, 39025, 39108,
  39110, 39151, 39152, 40106, 40143, 40189, 40197, 40501, 40540, 40613, 40623, 40642, 40648, 40671,
  40675, 40890, 40903, 40918, 40938, 41301, 41302, 41305, 41325, 41339, 41383, 41614, 41619, 41640,
  41700, 41701, 41823, 41839, 41840, 42029, 42108, 42109, 45153, 45156, 45157, 45161, 45179, 45182,
  45319, 45547, 47132, 47137, 47139, 49510, 49802, 49918, 49919, 49920, 49977, 49983,
];
/** A server, a database or a replica of an availability group on its way up. */
const COMING_UP = [
  904, 905, 921, 922, 924, 927, 941, 942, 952, 954, 955, 956, 976, 978, 979, 982, 983, 988, 6005,
  17142, 17187, 17188, 18401, 18451, 18461,
];
const LISTS: [string, readonly number[]][] = [
  ['SqlClient', SQL_CLIENT],
  ['mssql-jdbc', JDBC],
  ['EF Core', EF_CORE],
  ['a database that is coming up', COMING_UP],
];

/** Answers the first statements of a kind with one of these errors each, later ones well. */
const failingEach = (numbers: readonly number[], which: (statement: string) => boolean) => {
  const failures = [...numbers];
  return (statement: string): Answer => {
    const error = which(statement) ? failures.shift() : undefined;
    return error === undefined ? healthy(statement) : { error };
  };
};
const isCommit = (statement: string) => statement.includes('INSERT INTO dbo.changes');
const isCount = (statement: string) => statement.includes('COUNT_BIG(due_at)');
const isLease = (statement: string) => statement.includes('UPDATE dbo.jobs');

function healthy(statement: string): Answer {
  if (statement.includes('sys.tables')) return { rows: [{ tables: 18, ours: 1 }] };
  if (statement.includes('dbo.schema_migrations')) {
    const known = shippedMigrations().map(({ version, name, checksum }) => ({
      version,
      name,
      checksum,
    }));
    return { rows: known };
  }
  if (statement.includes('checked_at')) return { rows: [{ value: 1 }] };
  if (isCommit(statement)) {
    const nothing = { ofKind: null, requestId: null, fingerprint: null, attempt: null };
    return { rows: [{ outcome: 'committed', ...nothing, number: 7 }] };
  }
  return isCount(statement) ? { rows: [{ waiting: 3, dead: 1 }] } : { rows: [] };
}

describe('transient errors of a SQL Server, at the wire', () => {
  const stops: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  });
  async function double(script: Parameters<typeof startTdsDouble>[0]) {
    const started = await startTdsDouble(script);
    stops.push(() => started.stop());
    return started;
  }
  async function storeOn(answer: (statement: string) => Answer, maxWaitMs = 4_000) {
    const { connectionString, asked } = await double({ answer });
    const store = await openSqlServerStore({
      connectionString,
      clock: systemClock,
      log: silentLogger,
      allowUntrusted: true,
      maxWaitMs,
    });
    stops.push(() => store.close());
    return { store, asked };
  }
  async function logIn(connectionString: string, maxWaitMs = 4_000) {
    const timing = { connectTimeoutMs: 4_000, requestTimeoutMs: 4_000, maxWaitMs };
    const config = poolConfig({ connectionString, allowUntrusted: true, timing });
    const pool = await openPool({
      config,
      ids: systemIds,
      log: silentLogger,
      maxWaitMs,
      queueLimit: 10,
    });
    await pool.close();
  }
  const noted = () => change({ events: [event(null)] });

  test.each(LISTS)('waits out every error of %s at login', async (_name, numbers) => {
    let reason: number | null = null;
    const server = await double({
      answer: healthy,
      login() {
        const now = reason;
        reason = null;
        return now === null ? { rows: [] } : { tokens: failedLoginTokens(now) };
      },
    });
    const refused: number[] = [];
    for (const number of numbers) {
      reason = number;
      await logIn(server.connectionString).catch(() => refused.push(number));
    }
    expect(refused).toEqual([]);
  });

  test.each(LISTS)('waits out every error of %s at a read', async (_name, numbers) => {
    let error: number | null = null;
    const { store } = await storeOn((statement) => {
      if (!isCount(statement) || error === null) return healthy(statement);
      const answer = { error };
      error = null;
      return answer;
    });
    const failed: number[] = [];
    for (const number of numbers) {
      error = number;
      await store.countJobs().catch(() => failed.push(number));
    }
    expect(failed).toEqual([]);
  });

  test.each(LISTS)('waits out every error of %s at a commit', async (_name, numbers) => {
    const { store, asked } = await storeOn(failingEach(numbers, isCommit));
    const results = await Promise.allSettled(numbers.map(() => store.commit(noted())));
    const failed = results.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    expect(failed.map((error: Error) => error.cause)).toEqual([]);
    expect(asked.filter(isCommit)).toHaveLength(2 * numbers.length);
  });

  test('reports a replica that stays down, with what to look at', async () => {
    const { store } = await storeOn((text) => (isCount(text) ? { error: 983 } : healthy(text)), 50);
    await expect(store.countJobs()).rejects.toMatchObject({
      code: 'store_unavailable',
      retryable: true,
      message: expect.stringMatching(/not the primary.*error log/) as unknown,
    });
  });

  test('does not repeat a login that is refused for itself', async () => {
    const server = await double({ answer: healthy, login: () => ({ error: 18456 }) });
    await expect(logIn(server.connectionString)).rejects.toMatchObject({
      message: expect.stringContaining('refuses the login') as unknown,
    });
    expect(server.logins()).toBe(1);
  });

  test('names the database, not the login, where a login fails for the database', async () => {
    const server = await double({
      answer: healthy,
      login: () => ({ tokens: failedLoginTokens(4060) }),
    });
    await expect(logIn(server.connectionString, 50)).rejects.toMatchObject({
      message: expect.stringContaining('may not open the database') as unknown,
    });
  });

  test.each([
    [983, 2],
    [40613, 1],
  ])('after error %i sends a statement that must not run twice %i times', async (error, times) => {
    const { store, asked } = await storeOn(failingEach([error], isLease));
    await store.leaseJobs({ limit: 1, leaseMs: 1, now: 1 }).catch(() => undefined);
    expect(asked.filter(isLease)).toHaveLength(times);
  });

  test('the reference lists exactly the errors that are waited out', () => {
    const page = readFileSync(
      new URL('../../docs/reference/sql-server-errors.md', import.meta.url),
      'utf8',
    );
    const rows = page.split('\n').filter((line) => /^\| \d/.test(line));
    const listed = rows.flatMap((row) => (row.split('|')[1] ?? '').match(/\d+/g) ?? []).map(Number);
    const known = TRANSIENT.flatMap(({ numbers }) => numbers).filter((number) => number < 51_000);
    expect(listed.sort((a, b) => a - b)).toEqual(known.sort((a, b) => a - b));
    expect(new Set(known).size).toBe(known.length);
  });
});
