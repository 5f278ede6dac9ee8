import sql from 'mssql';
import { setTimeout as sleep } from 'node:timers/promises';
import { silentLogger } from '../../../src/lib/logger.ts';
import { poolConfig } from '../../../src/store/sqlserver/connection.ts';
import { openSqlServerStore } from '../../../src/store/sqlserver/store.ts';
import type { SqlServerStoreOptions } from '../../../src/store/sqlserver/store.ts';
import type { Store } from '../../../src/usecases/ports/store.ts';
import { T0, newId } from '../build.ts';
import type { OpenedStore } from '../describe-store.ts';

/** The connection string of the test server, where tests create and drop databases. */
export const SERVER = process.env['COUNTERSIGN_TEST_SQLSERVER'] ?? '';

/** The warning of a run without a server. */
export const SKIPPED =
  'COUNTERSIGN_TEST_SQLSERVER is not set: the store suite was not run on SQL ' +
  'Server. Set it to a connection string of a server on which it may create databases.';

/** Every table that tests write; `counters` starts at 0. */
const TABLES = [
  'decisions',
  'cards',
  'requests',
  'changes',
  'once_keys',
  'jobs',
  'conversations',
  'people',
  'people_roles',
  'request_readers',
  'audit_pending',
  'audit_leaves',
  'audit_events',
  'audit_checkpoints',
  'audit_frontier',
  'transfers',
  'sign_in_links',
  'sessions',
  'keys',
  'person_keys',
  'leases',
];

/**
 * A test server may be slow: Babelfish compiles a commit again on every connection, which takes a
 * second of CPU time. So the pool is small as well.
 */
export const LONG_TIMING = {
  connectTimeoutMs: 60_000,
  requestTimeoutMs: 60_000,
  maxWaitMs: 60_000,
};
const CONNECTIONS = 4;

/** The time limit of a test on such a server (ms). */
export const TEST_MS = 120_000;

/** A new database for one suite. */
export interface Scratch {
  readonly connectionString: string;
  /** Runs statements outside the store. */
  execute(statement: string): Promise<sql.IResult<Record<string, unknown>>>;
  /** Empties all tables; numbers start at 1 again. */
  clear(): Promise<void>;
  drop(): Promise<void>;
}

/** Creates a database on the test server. */
export async function createScratch(server = SERVER): Promise<Scratch> {
  const name = newId('cs_test');
  const admin = await connect(withDatabase(server, 'master'));
  await admin.request().batch(`CREATE DATABASE ${name}`);
  const connectionString = `${withDatabase(server, name)};Max Pool Size=${CONNECTIONS}`;
  const pool = await connect(connectionString);
  const execute = (statement: string) =>
    pool.request().batch(statement) as Promise<sql.IResult<Record<string, unknown>>>;
  return {
    connectionString,
    execute,
    async clear() {
      const { recordset } = await execute(`SELECT OBJECT_ID(N'dbo.leases') AS made`);
      if (recordset[0]?.['made'] === null) return;
      // Not DELETE: the triggers of the audit log refuse it.
      await execute(TABLES.map((table) => `TRUNCATE TABLE dbo.${table};`).join('\n'));
      await execute('UPDATE dbo.counters SET value = 0');
    },
    async drop() {
      await pool.close();
      await persistently(() => admin.request().batch(`DROP DATABASE ${name}`));
      await admin.close();
    },
  };
}

/** Retries, because a server takes a moment to notice closed connections. */
async function persistently(attempt: () => Promise<unknown>): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await attempt();
      return;
    } catch (error) {
      if (tries === 20) throw error;
      await sleep(100 * tries);
    }
  }
}

/** An empty store in a database. */
export async function openSqlServer(
  scratch: Scratch,
  given: Partial<SqlServerStoreOptions> = {},
): Promise<OpenedStore> {
  let now = T0;
  const clock = {
    now: () => now,
    set(ms: number) {
      now = ms;
    },
  };
  const opened: Store[] = [];
  const reopen = async () => {
    const store = await openSqlServerStore({
      clock,
      log: silentLogger,
      allowUntrusted: true,
      ...LONG_TIMING,
      connectionString: scratch.connectionString,
      ...given,
    });
    opened.push(store);
    return store;
  };
  await scratch.clear();
  return {
    clock,
    reopen,
    store: await reopen(),
    async cleanup() {
      await Promise.all(opened.map((store) => store.close()));
    },
  };
}

/** A connection string with another database. */
export function withDatabase(connectionString: string, name: string): string {
  const kept = connectionString
    .split(';')
    .filter((part) => part.trim() !== '' && !/^\s*(database|initial catalog)\s*=/i.test(part));
  return [...kept, `Database=${name}`].join(';');
}

async function connect(connectionString: string): Promise<sql.ConnectionPool> {
  const config = poolConfig({ connectionString, allowUntrusted: true, timing: LONG_TIMING });
  return new sql.ConnectionPool(config).connect();
}
