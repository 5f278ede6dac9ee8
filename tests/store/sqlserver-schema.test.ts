import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { silentLogger } from '../../src/lib/logger.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { systemIds } from '../../src/lib/ids.ts';
import { commit } from '../../src/store/sqlserver/commit.ts';
import { poolConfig } from '../../src/store/sqlserver/connection.ts';
import { migrate, partsOf, shippedMigrations } from '../../src/store/sqlserver/migrate.ts';
import { COMMIT } from '../../src/store/sqlserver/queries/commit.ts';
import { openPool } from '../../src/store/sqlserver/pool.ts';
import { openSqlServerStore } from '../../src/store/sqlserver/store.ts';
import type { Store } from '../../src/usecases/ports/store.ts';
import { request, submission } from './build.ts';
import { LONG_TIMING, SERVER, SKIPPED, TEST_MS, createScratch } from './support/open-sqlserver.ts';
import type { Scratch } from './support/open-sqlserver.ts';
import { columnsOf, dumpOf } from './support/schema-dump.ts';

const golden = readFileSync(new URL('./golden/sqlserver-schema.txt', import.meta.url), 'utf8');

describe('schema of the SQL Server store', () => {
  test('equals the golden dump', () => {
    expect(dumpOf(shippedMigrations())).toBe(golden);
  });

  test('has keys within the index size limit, and none over a nullable column', () => {
    const lines = golden.trim().split('\n');
    const column = (table: string, name: string) =>
      lines.find((line) => line.startsWith(`${table} column ${name} `)) ?? '';
    const bytes = (column: string) => {
      const size = /nvarchar\((\w+)\)/.exec(column)?.[1];
      return size === undefined ? 8 : 2 * Number(size);
    };
    for (const line of lines) {
      const [, table = '', kind = '', names = ''] =
        /^(\w+) (primary key|unique|index) \w+ \(([^)]*)\)/.exec(line) ?? [];
      if (kind === '') continue;
      const columns = names.split(', ').map((name) => column(table, name));
      expect(columns).not.toContain('');
      const total = columns.map(bytes).reduce((a, b) => a + b, 0);
      // learn.microsoft.com/sql/sql-server/maximum-capacity-specifications-for-sql-server
      expect([line, total <= (kind === 'primary key' ? 900 : 1_700)]).toEqual([line, true]);
      if (kind !== 'index') {
        expect(columns.filter((column) => !column.endsWith('not null'))).toEqual([]);
      }
      for (const column of columns) {
        if (column.includes('nvarchar')) expect(column).toContain(' bytes ');
      }
    }
  });

  test('uses only T-SQL that Babelfish supports as well', () => {
    const texts = [...shippedMigrations().flatMap(partsOf), COMMIT.sql];
    for (const text of texts) {
      expect(text).not.toMatch(/\bMERGE\b|CREATE OR ALTER|WAITFOR|ALTER DATABASE|FOREIGN KEY/);
    }
  });

  test('has a trigger that protects each table of the audit log', () => {
    for (const table of ['audit_events', 'audit_leaves', 'audit_checkpoints']) {
      expect(golden).toContain(`${table} trigger ${table}_keep after update, delete\n`);
    }
  });
});

if (SERVER === '') {
  test('warns that migrations are not tested on SQL Server', () => {
    console.warn(SKIPPED);
    expect(SERVER).toBe('');
  });
} else {
  describe('migrations on a live server', () => {
    jest.setTimeout(TEST_MS);
    let scratch: Scratch;
    const stores: Store[] = [];
    beforeAll(async () => {
      scratch = await createScratch();
    });
    afterEach(async () => {
      await Promise.all(stores.splice(0).map((store) => store.close()));
    });
    afterAll(() => scratch.drop());
    const open = async () => {
      const store = await openSqlServerStore({
        connectionString: scratch.connectionString,
        clock: systemClock,
        log: silentLogger,
        allowUntrusted: true,
        ...LONG_TIMING,
      });
      stores.push(store);
    };
    const refused = () =>
      open().then(
        () => 'opened',
        (error: unknown) => error,
      );

    test('are applied once by twenty concurrent starts', async () => {
      await Promise.all(Array.from({ length: 20 }, open));
      const { recordset } = await scratch.execute(
        'SELECT version, name FROM dbo.schema_migrations ORDER BY version',
      );
      const names = shippedMigrations().map(({ name }) => name);
      expect(recordset.map(({ name }) => name)).toEqual(names);
    });

    test('create the columns of the golden dump', async () => {
      const { recordset } = await scratch.execute(`
        SELECT TABLE_NAME AS tab, COLUMN_NAME AS col, DATA_TYPE AS typ,
          CHARACTER_MAXIMUM_LENGTH AS size, IS_NULLABLE AS nullable
        FROM INFORMATION_SCHEMA.COLUMNS`);
      // Babelfish lists its own views as well.
      const ours = recordset.filter(({ tab }) => golden.includes(`${String(tab)} column `));
      const listed = ours.map(({ tab, col, typ, size, nullable }) => {
        const length = size === null || typ !== 'nvarchar' ? '' : `(${size === -1 ? 'max' : size})`;
        return `${tab} column ${col} ${typ}${length} ${nullable === 'YES' ? 'null' : 'not null'}`;
      });
      expect(listed.sort()).toEqual(columnsOf(golden));
    });

    test('reject changes and deletions of audit log rows', async () => {
      await scratch.execute(`INSERT INTO dbo.audit_events (id, [at], type, body)
        VALUES (N'e', 1, N't', N'{}')`);
      for (const statement of [
        `UPDATE dbo.audit_events SET body = N'x'`,
        'DELETE FROM dbo.audit_events',
      ]) {
        await expect(scratch.execute(statement)).rejects.toThrow(/never changed or deleted/);
      }
      const { recordset } = await scratch.execute('SELECT body FROM dbo.audit_events');
      expect(recordset).toEqual([{ body: '{}' }]);
    });

    test('keep all stored data when another one is applied', async () => {
      const old = await createScratch();
      const pool = await openPool({
        config: poolConfig({
          connectionString: old.connectionString,
          allowUntrusted: true,
          timing: LONG_TIMING,
        }),
        ids: systemIds,
        log: silentLogger,
        maxWaitMs: LONG_TIMING.maxWaitMs,
        queueLimit: 10,
      });
      try {
        const shipped = shippedMigrations();
        expect(await migrate(pool, { now: 1 })).toHaveLength(shipped.length);
        const asked = request();
        const made = await commit(pool, submission(asked), systemIds);
        expect(made.status).toBe('committed');
        const next = {
          version: 9_000,
          name: '9000-next.sql',
          sql: 'ALTER TABLE dbo.requests ADD further nvarchar(10) NULL;',
          checksum: 'of the next',
        };
        expect(await migrate(pool, { now: 2, migrations: [...shipped, next] })).toEqual([
          next.name,
        ]);
        const { recordset } = await old.execute('SELECT id, further FROM dbo.requests');
        expect(recordset).toEqual([{ id: asked.id, further: null }]);
      } finally {
        await pool.close();
        await old.drop();
      }
    });

    test('reject an edited and a newer schema', async () => {
      await scratch.execute(`UPDATE dbo.schema_migrations SET checksum = N'of another text'`);
      expect(await refused()).toMatchObject({ code: 'schema_changed' });
      await scratch.execute(
        `INSERT INTO dbo.schema_migrations VALUES (9001, N'9001-l.sql', N'', 0)`,
      );
      await scratch.execute('DELETE FROM dbo.schema_migrations WHERE version < 9001');
      expect(await refused()).toMatchObject({ code: 'schema_newer' });
    });
  });
}
