import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import sql from 'mssql';
import { systemClock } from '../../src/lib/clock.ts';
import { systemIds } from '../../src/lib/ids.ts';
import { describeError, silentLogger } from '../../src/lib/logger.ts';
import { planMigrations } from '../../src/store/plan-migrations.ts';
import { poolConfig } from '../../src/store/sqlserver/connection.ts';
import { migrate, shippedMigrations } from '../../src/store/sqlserver/migrate.ts';
import { openPool } from '../../src/store/sqlserver/pool.ts';
import { openSqlServerStore } from '../../src/store/sqlserver/store.ts';
import { newId } from './build.ts';
import {
  LONG_TIMING,
  SERVER,
  SKIPPED,
  TEST_MS,
  createScratch,
  withDatabase,
} from './support/open-sqlserver.ts';
import type { Scratch } from './support/open-sqlserver.ts';

if (SERVER === '') {
  test('warns that starts are not tested on SQL Server', () => {
    console.warn(SKIPPED);
    expect(SERVER).toBe('');
  });
} else {
  jest.setTimeout(TEST_MS);

  describe('failing starts on a live server', () => {
    let scratch: Scratch;
    const login = newId('cs_login').toLowerCase();
    beforeAll(async () => {
      scratch = await createScratch();
    });
    afterAll(async () => {
      await scratch.drop();
      await asAdmin(`DROP LOGIN ${login}`).catch(() => undefined);
    });

    async function asAdmin(statement: string): Promise<void> {
      const pool = await new sql.ConnectionPool(
        poolConfig({
          connectionString: withDatabase(SERVER, 'master'),
          allowUntrusted: true,
          timing: LONG_TIMING,
        }),
      ).connect();
      try {
        await pool.request().batch(statement);
      } finally {
        await pool.close();
      }
    }
    /** The error of a start. start-faults.test.ts tests its time at the wire. */
    async function refused(connectionString: string): Promise<string> {
      return openSqlServerStore({
        connectionString,
        clock: systemClock,
        log: silentLogger,
        allowUntrusted: true,
        ...LONG_TIMING,
      }).then(async (store) => {
        await store.close();
        return 'opened';
      }, describeError);
    }
    const as = (user: string, password: string) =>
      scratch.connectionString
        .replace(/user id=[^;]*/i, `User Id=${user}`)
        .replace(/password=[^;]*/i, `Password=${password}`);
    const tables = async () => {
      const { recordset } = await scratch.execute(
        'SELECT COUNT(*) AS n FROM sys.tables WHERE is_ms_shipped = 0',
      );
      return Number(recordset[0]?.['n']);
    };
    const plan = () =>
      planMigrations(
        { kind: 'sqlserver', connectionString: scratch.connectionString },
        { log: silentLogger, allowUntrusted: true, requestTimeoutMs: LONG_TIMING.requestTimeoutMs },
      );

    test('the plan lists every migration, and changes nothing', async () => {
      const names = (await plan()).map(({ name }) => name);
      expect(names).toEqual(shippedMigrations().map(({ name }) => name));
      expect(await tables()).toBe(0);
    });

    test('reports a refused login and a missing database', async () => {
      // Not a wrong password of a known login: a test server may accept any on loopback.
      expect(await refused(as('cs_nobody', 'wrong-password'))).toContain('refuses the login');
      // SQL Server answers 4060 for both, Babelfish that there is none.
      const closed = /may not open the database|database does not exist/;
      expect(await refused(withDatabase(SERVER, 'cs_none'))).toMatch(closed);
    });

    test('reports a login without grants, before and after the schema was created', async () => {
      const password = 'Grants-missing-1!';
      await asAdmin(`CREATE LOGIN ${login} WITH PASSWORD = '${password}'`);
      await scratch.execute(`CREATE USER ${login} FOR LOGIN ${login}`);
      // Babelfish has no error number for it; its message is reported as the cause.
      const lacking = /lacks a permission|permission denied/;
      expect(await refused(as(login, password))).toMatch(lacking);
      expect(await tables()).toBe(0);
      await (
        await openSqlServerStore({
          connectionString: scratch.connectionString,
          clock: systemClock,
          log: silentLogger,
          allowUntrusted: true,
          ...LONG_TIMING,
        })
      ).close();
      expect(await refused(as(login, password))).toMatch(lacking);
      expect(await plan()).toEqual([]);
    });

    test('rolls a failed migration back completely', async () => {
      const pool = await openPool({
        config: poolConfig({
          connectionString: scratch.connectionString,
          allowUntrusted: true,
          timing: LONG_TIMING,
        }),
        ids: systemIds,
        log: silentLogger,
        maxWaitMs: LONG_TIMING.maxWaitMs,
        queueLimit: 10,
      });
      await migrate(pool, { now: 1 });
      const before = await tables();
      const bad = {
        version: 9_000,
        name: '9000-bad.sql',
        checksum: 'x',
        sql:
          'CREATE TABLE dbo.fresh (id int NOT NULL);\n--> next\n' +
          'CREATE TABLE dbo.requests (id int NOT NULL);',
      };
      await expect(
        migrate(pool, { now: 1, migrations: [...shippedMigrations(), bad] }),
      ).rejects.toMatchObject({ name: 'StoreError' });
      await pool.close();
      expect(await tables()).toBe(before);
      expect(await plan()).toEqual([]);
    });
  });
}
