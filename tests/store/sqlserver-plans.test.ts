import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { silentLogger } from '../../src/lib/logger.ts';
import { systemClock } from '../../src/lib/clock.ts';
import * as audit from '../../src/store/sqlserver/queries/audit.ts';
import * as cards from '../../src/store/sqlserver/queries/cards.ts';
import * as changes from '../../src/store/sqlserver/queries/changes.ts';
import * as commit from '../../src/store/sqlserver/queries/commit.ts';
import * as housekeeping from '../../src/store/sqlserver/queries/housekeeping.ts';
import * as jobs from '../../src/store/sqlserver/queries/jobs.ts';
import * as keys from '../../src/store/sqlserver/queries/keys.ts';
import * as leases from '../../src/store/sqlserver/queries/leases.ts';
import * as people from '../../src/store/sqlserver/queries/people.ts';
import * as readers from '../../src/store/sqlserver/queries/readers.ts';
import * as requests from '../../src/store/sqlserver/queries/requests.ts';
import * as sessions from '../../src/store/sqlserver/queries/sessions.ts';
import * as signIn from '../../src/store/sqlserver/queries/sign-in.ts';
import type { Query } from '../../src/store/sqlserver/query.ts';
import { openSqlServerStore } from '../../src/store/sqlserver/store.ts';
import { LONG_TIMING, SERVER, TEST_MS, createScratch } from './support/open-sqlserver.ts';
import type { Scratch } from './support/open-sqlserver.ts';
import { openPlanner, stepsIn } from './support/sqlserver-plan.ts';
import type { Planner } from './support/sqlserver-plan.ts';

/** Indexes that must serve a query; for other queries it is enough that no table is scanned. */
const SERVED: Readonly<Record<string, readonly string[]>> = {
  LOAD_REQUEST: ['requests_by_id', 'decisions_pk'],
  FIND_REQUEST: ['requests_pk', 'decisions_pk'],
  LIST_REQUESTS: ['requests_pk'],
  LIST_BY_STATE: ['requests_by_state'],
  LIST_BY_WORKFLOW: ['requests_by_workflow'],
  LIST_BY_REQUESTER: ['requests_by_requester'],
  LIST_BY_REQUESTER_AND_WORKFLOW: ['requests_by_requester'],
  LIST_READABLE: ['request_readers_pk', 'requests_pk'],
  LEASE_JOBS: ['jobs_by_due'],
  NEXT_JOB_AT: ['jobs_by_due'],
  LIST_JOBS: ['jobs_pk'],
  LIST_PARKED_JOBS: ['jobs_by_due'],
  LOAD_WITH_CARDS: ['requests_by_id', 'decisions_pk', 'cards_by_request'],
  FIND_PEOPLE: ['people_roles_by_role'],
  REDEEM: ['sign_in_links_by_code'],
  PURGE_ONCE_KEYS: ['once_keys_by_expiry'],
  PURGE_LEASES: ['leases_by_end'],
  PURGE_CHANGES: ['changes_by_time'],
  PURGE_LINKS: ['sign_in_links_by_expiry'],
  READ_LEAVES: ['audit_leaves_pk', 'audit_events_pk'],
  EVENTS_OF_REQUESTS: ['audit_events_by_request'],
  LIST_EVENTS: ['audit_events_pk'],
};

/** Allowed scans, as on SQLite: a table's end by its key, waiting rows, tables of the server. */
const COLD = [
  'UNSEALED_EVENTS',
  'LAST_CHECKPOINT',
  'TREE_SIZE',
  'COUNT_JOBS',
  'WAKE_CARDS',
  'NOW',
  'SEAL',
];

/** Tables that grow for years. */
const GROWN = [
  'requests',
  'decisions',
  'cards',
  'audit_events',
  'audit_leaves',
  'changes',
  'once_keys',
  'jobs',
  'people',
  'people_roles',
  'request_readers',
  'conversations',
  'sign_in_links',
];

const queries = Object.entries({
  ...audit,
  ...cards,
  ...changes,
  ...commit,
  ...housekeeping,
  ...jobs,
  ...keys,
  ...leases,
  ...people,
  ...readers,
  ...requests,
  ...sessions,
  ...signIn,
}).filter(
  // Not the parts of a statement, nor parameters that several have.
  (entry): entry is [string, Query] => typeof entry[1] === 'object' && 'sql' in entry[1],
);
const hot = queries.filter(([name]) => !COLD.includes(name));

test('reads operation, table and index from a showplan', () => {
  expect(
    stepsIn(`<RelOp NodeId="0" PhysicalOp="Top"><RelOp NodeId="1" PhysicalOp="Index Seek">
    <IndexScan Ordered="1"><Object Database="[d]" Schema="[dbo]" Table="[jobs]"
    Index="[jobs_by_due]" IndexKind="NonClustered"/></IndexScan></RelOp></RelOp>`),
  ).toEqual([{ operation: 'Index Seek', table: 'jobs', index: 'jobs_by_due' }]);
});

test('every expected index belongs to a query, and the reference lists every query', () => {
  const names = queries.map(([name]) => name);
  expect(names).toEqual(expect.arrayContaining([...Object.keys(SERVED), ...COLD]));
  const reference = readFileSync(
    new URL('../../docs/reference/store-queries.md', import.meta.url),
    'utf8',
  );
  expect(names.filter((name) => !reference.includes(`\`${name}\``))).toEqual([]);
});

if (SERVER === '') {
  test('warns that plans are not tested on SQL Server', () => {
    console.warn('COUNTERSIGN_TEST_SQLSERVER is not set: no plan of SQL Server was looked at.');
    expect(SERVER).toBe('');
  });
} else {
  describe('plans on a live server', () => {
    jest.setTimeout(TEST_MS);
    let scratch: Scratch;
    let planner: Planner | undefined;
    beforeAll(async () => {
      scratch = await createScratch();
      const { recordset } = await scratch.execute('SELECT @@VERSION AS version');
      if (/babelfish/i.test(String(recordset[0]?.['version']))) {
        console.warn(
          'This server is Babelfish, which plans in another way and tells no plans of ' +
            'SQL Server: the plans were not looked at. They are in the public workflow.',
        );
        return;
      }
      const store = await openSqlServerStore({
        connectionString: scratch.connectionString,
        clock: systemClock,
        log: silentLogger,
        allowUntrusted: true,
        ...LONG_TIMING,
      });
      await store.close();
      for (const table of GROWN) {
        // The optimizer plans by its statistics; it may scan a table without rows.
        await scratch.execute(`UPDATE STATISTICS dbo.${table}
          WITH ROWCOUNT = 1000000, PAGECOUNT = 50000`);
      }
      planner = await openPlanner(scratch.connectionString);
    });
    afterAll(async () => {
      await planner?.close();
      await scratch.drop();
    });

    test.each(hot)('%s seeks in every growing table', async (name, asked) => {
      if (planner === undefined) return;
      const steps = await planner.stepsOf(asked);
      expect(
        steps.filter(({ operation, table }) => operation.endsWith('Scan') && GROWN.includes(table)),
      ).toEqual([]);
      expect(steps.map(({ index }) => index)).toEqual(
        expect.arrayContaining([...(SERVED[name] ?? [])]),
      );
    });
  });
}
