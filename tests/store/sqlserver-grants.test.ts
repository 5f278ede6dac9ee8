import { describe, expect, test } from '@jest/globals';
import { readFileSync, readdirSync } from 'node:fs';
import * as audit from '../../src/store/sqlserver/queries/audit.ts';
import * as requests from '../../src/store/sqlserver/queries/requests.ts';
import * as housekeeping from '../../src/store/sqlserver/queries/housekeeping.ts';

const grants = readFileSync(new URL('../../infra/sql/grants.sql', import.meta.url), 'utf8');
const golden = readFileSync(new URL('./golden/sqlserver-schema.txt', import.meta.url), 'utf8');
const folder = new URL('../../src/store/sqlserver/queries/', import.meta.url);

/** The grants of a role, as `right table`. */
function grantedTo(role: string): string[] {
  return [...grants.matchAll(/^GRANT ([A-Z, ]+) ON dbo\.(\w+) TO (\w+);/gm)]
    .filter(([, , , to]) => to === role)
    .flatMap(([, rights = '', table = '']) => rights.split(', ').map((one) => `${one} ${table}`))
    .sort();
}

/** The rights that statements need, as `right table`. They read what they write. */
function neededBy(text: string): string[] {
  const found = [
    ...[...text.matchAll(/\bINSERT INTO dbo\.(\w+)/g)].map(([, table]) => `INSERT ${table}`),
    ...[...text.matchAll(/\bUPDATE dbo\.(\w+)/g)].map(([, table]) => `UPDATE ${table}`),
    ...[...text.matchAll(/\bDELETE FROM dbo\.(\w+)/g)].map(([, table]) => `DELETE ${table}`),
    ...[...text.matchAll(/\b(UPDATE|DELETE) (\w)\s[^;]*?\bFROM dbo\.(\w+) \2\b/g)].map(
      ([, right, , table]) => `${right} ${table}`,
    ),
    ...[...text.matchAll(/\b(?:FROM|JOIN|INTO|UPDATE) dbo\.(\w+)/g)].map(
      ([, table]) => `SELECT ${table}`,
    ),
  ];
  return [...new Set(found)].sort();
}

describe('grants on SQL Server', () => {
  test('grants the service the rights of its statements on every table, and no more', () => {
    const statements = readdirSync(folder)
      .filter((name) => name !== 'transfer.ts')
      .map((name) => readFileSync(new URL(name, folder), 'utf8'))
      .join('\n');
    const needed = neededBy(statements).filter((one) => one !== 'INSERT schema_migrations');
    expect(grantedTo('countersign_service')).toEqual([...needed, 'SELECT transfers'].sort());
  });

  test('grants the retention identity the deletions that the service makes', () => {
    const purges = Object.entries(housekeeping)
      .filter(([name]) => name.startsWith('PURGE_'))
      .map(([, { sql }]) => sql)
      .join(';\n');
    expect(purges).toContain('DELETE');
    expect(grantedTo('countersign_retention')).toEqual(expect.arrayContaining(neededBy(purges)));
  });

  test('an auditor may run every statement of a verification, and none of them writes', () => {
    const read = [
      audit.LAST_CHECKPOINT,
      audit.LIST_CHECKPOINTS,
      audit.FRONTIER,
      audit.TREE_SIZE,
      audit.READ_LEAVES,
      audit.LIST_EVENTS,
      audit.EVENTS_OF_REQUESTS,
      requests.LIST_REQUESTS,
      requests.LOAD_REQUEST,
    ];
    const needed = neededBy(read.map(({ sql }) => sql).join(';\n'));
    expect(needed).toContain('SELECT audit_events');
    expect(needed.filter((one) => !one.startsWith('SELECT '))).toEqual([]);
    expect(grants).toContain('GRANT SELECT ON SCHEMA::dbo TO countersign_auditor;');
    for (const one of needed) {
      const denied = one.replace('SELECT ', 'DENY SELECT ON dbo.');
      expect(grants).not.toContain(`${denied} TO countersign_auditor`);
    }
  });

  test('grants no role changes or deletions of audit log rows', () => {
    const log = [...golden.matchAll(/^(\w+) trigger \w+_keep/gm)].map(([, table]) => table);
    expect(log).toHaveLength(3);
    for (const role of ['service', 'migration', 'retention']) {
      for (const table of log) {
        expect(grants).toContain(`DENY UPDATE, DELETE ON dbo.${table} TO countersign_${role};`);
      }
    }
  });
});
