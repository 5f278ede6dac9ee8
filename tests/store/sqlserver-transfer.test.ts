import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { DatabaseSync } from 'node:sqlite';
import { verifierOfJwks } from '../../src/audit/checkpoint-verifier.ts';
import { verifyAudit } from '../../src/audit/verify.ts';
import { runCommandLine } from '../../src/cli/run.ts';
import { compose } from '../../src/compose/compose.ts';
import { loadConfig } from '../../src/compose/load-config.ts';
import type { Request } from '../../src/domain/request/request.ts';
import { createKeys } from '../../src/keys/keys.ts';
import { silentLogger } from '../../src/lib/logger.ts';
import { openSqlServerStore } from '../../src/store/sqlserver/store.ts';
import { TRANSFER_TABLES } from '../../src/store/transfer.ts';
import type { Store } from '../../src/usecases/ports/store.ts';
import { exampleConfig, exampleEnv } from '../unit/config/support.ts';
import { T0, change, onceKey, deciding, request, submission } from './build.ts';
import { runChild } from './children/run-child.ts';
import { openSqlite } from './open-sqlite.ts';
import { SECRET, fillStore, sealAll } from './support/full-store.ts';
import { LONG_TIMING, SERVER, SKIPPED, TEST_MS, createScratch } from './support/open-sqlserver.ts';
import type { Scratch } from './support/open-sqlserver.ts';

const REQUESTS = 250;
/** One event of each request, two of each first and of each second word, and one not yet sealed. */
const EVENTS = 2 * REQUESTS + 2 * Math.ceil(REQUESTS / 4) + 1;

if (SERVER === '') {
  test('warns that transfers are not tested on SQL Server', () => {
    console.warn(SKIPPED);
    expect(SERVER).toBe('');
  });
} else {
  jest.setTimeout(3 * TEST_MS);

  describe('a transfer to a live server', () => {
    let scratch: Scratch;
    let source: Awaited<ReturnType<typeof openSqlite>>;
    const before: Request[] = [];
    const stores: Store[] = [];
    beforeAll(async () => {
      scratch = await createScratch();
      source = await openSqlite();
      await fillStore(source.store, REQUESTS);
      for (let number = 1; number <= REQUESTS; number += 1) {
        const found = await source.store.findRequest(number);
        if (found) before.push(found);
      }
      await source.store.close();
    });
    afterEach(async () => {
      await Promise.all(stores.splice(0).map((store) => store.close()));
    });
    afterAll(async () => {
      await source.cleanup();
      await scratch.drop();
    });

    const args = () => [
      '--from',
      `sqlite:${source.path}`,
      '--to',
      'sqlserver:env:MOVED_TO',
      '--profile',
      'local',
    ];
    async function move(...more: string[]): Promise<{ code: number; out: string; err: string }> {
      const output = { out: '', err: '' };
      const code = await runCommandLine(['migrate', ...args(), ...more], {
        stdout: (text) => {
          output.out += text;
        },
        stderr: (text) => {
          output.err += text;
        },
        env: { MOVED_TO: scratch.connectionString },
        cwd: process.cwd(),
      });
      return { code, ...output };
    }
    async function open(): Promise<Store> {
      const store = await openSqlServerStore({
        connectionString: scratch.connectionString,
        clock: { now: () => T0 },
        log: silentLogger,
        allowUntrusted: true,
        ...LONG_TIMING,
      });
      stores.push(store);
      return store;
    }

    test('continues after each kill, and loses and doubles nothing', async () => {
      for (const at of ['keys: ', 'requests: ', 'cards: ', 'audit_leaves: ']) {
        const child = runChild('move-store.ts', args(), {
          MOVED_TO: scratch.connectionString,
        });
        const look = setInterval(() => {
          if (child.lines.some((line) => line.startsWith(at))) child.process.kill('SIGKILL');
        }, 1);
        expect([at, await child.ended]).toEqual([at, 'SIGKILL']);
        clearInterval(look);
        await expect(open()).rejects.toMatchObject({ code: 'store_unfinished' });
      }
      const done = await move('--json');
      expect(done).toMatchObject({ code: 0 });
      const report = JSON.parse(done.out) as {
        outcome: string;
        tables: Record<string, number>;
        audit: { size: number; ok: boolean };
      };
      expect(report).toMatchObject({
        outcome: 'done',
        audit: { size: EVENTS, ok: true },
      });
      for (const table of TRANSFER_TABLES) {
        const { recordset } = await scratch.execute(`SELECT COUNT(*) AS n FROM dbo.${table}`);
        expect([table, Number(recordset[0]?.['n'])]).toEqual([table, report.tables[table]]);
      }
      expect(JSON.parse((await move('--json')).out)).toMatchObject({ outcome: 'already' });
    });

    test('keeps every request with its decisions', async () => {
      const store = await open();
      const after = await store.listRequests({ limit: REQUESTS * 2 });
      expect([...after].reverse()).toEqual(before);
    });

    test('keeps once-keys of any characters as used', async () => {
      const store = await open();
      for (const key of ['Key 0 ', 'x'.repeat(1_000)]) {
        expect(await store.commit(change({ onceKeys: [onceKey({ key })] }))).toMatchObject({
          status: 'duplicate',
          of: 'idempotency',
        });
      }
      expect(await store.commit(change({ onceKeys: [onceKey({ key: 'key 0 ' })] }))).toMatchObject({
        status: 'committed',
      });
    });

    test('keeps jobs, links and people', async () => {
      const store = await open();
      const database = new DatabaseSync(source.path, { readOnly: true });
      const fence = database.prepare(`SELECT value FROM counters WHERE name = 'fence'`).get();
      database.close();
      const [job] = await store.leaseJobs({ limit: 1, leaseMs: 1_000, now: T0 + 20 });
      expect(job?.fence).toBeGreaterThan(Number(fence?.['value']));
      expect((await store.countJobs()).dead).toBe(1);
      expect(
        await store.redeem({ code: 'code', tenantId: 'contoso', objectId: 'oid-alex' }, T0),
      ).toMatchObject({ identity: `{"encrypted":"${'y'.repeat(9_000)}"}` });
      expect((await store.findPeople(['Approver'], 9)).map(({ name }) => name)).toEqual(['bo']);
    });

    test('continues the numbers, decisions and seals, and the whole log verifies', async () => {
      const store = await open();
      const asked = request();
      expect(await store.commit(submission(asked))).toEqual({
        status: 'committed',
        number: REQUESTS + 1,
      });
      const waiting = before[1];
      if (!waiting) throw new Error('no request waits');
      expect(await store.commit(deciding(waiting))).toMatchObject({ status: 'committed' });
      const keys = await createKeys({ store, secret: SECRET, clock: { now: () => T0 } });
      const reads = jest.spyOn(store, 'readLeaves');
      await sealAll(store, keys);
      expect(reads).not.toHaveBeenCalled();
      const verifyCheckpoint = verifierOfJwks(JSON.stringify(keys.publicJwks()));
      const report = await verifyAudit(store, { verifyCheckpoint, origin: 'tests/log' });
      expect(report).toMatchObject({ ok: true, size: EVENTS + 4, problems: [] });
    });

    test('the service starts on it with a changed configuration alone', async () => {
      const { config } = loadConfig({ path: exampleConfig, env: exampleEnv, profile: 'local' });
      const service = await compose(
        {
          ...config,
          signing: { secret: SECRET },
          server: { ...config.server, port: 0 },
          store: { kind: 'sqlserver', connectionString: scratch.connectionString },
        },
        { log: silentLogger, workers: 'held' },
      );
      const { url } = await service.start();
      expect((await fetch(`${url}/readyz`)).status).toBe(200);
      await service.stop();
    });

    test('rejects a store in use as the target', async () => {
      await scratch.execute('DELETE FROM dbo.transfers');
      const refused = await move();
      expect(refused.code).toBe(1);
      expect(refused.err).toContain('The target holds data already');
      const { recordset } = await scratch.execute('SELECT COUNT(*) AS n FROM dbo.requests');
      expect(Number(recordset[0]?.['n'])).toBe(REQUESTS + 1);
    });
  });
}
