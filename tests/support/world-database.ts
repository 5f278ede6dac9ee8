import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { verifierOfJwks } from '../../src/audit/checkpoint-verifier.ts';
import { openEvents } from '../../src/audit/read-event.ts';
import { verifyAudit } from '../../src/audit/verify.ts';
import type { AuditReport } from '../../src/audit/verify.ts';
import type { Service } from '../../src/compose/lifecycle.ts';
import { personKeysOf } from '../../src/compose/event-recorder.ts';
import type { AuditEvent } from '../../src/domain/events/catalogue.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { systemIds } from '../../src/lib/ids.ts';
import { silentLogger } from '../../src/lib/logger.ts';
import type { Json } from '../../src/local/world.ts';
import { openSqlServerStore } from '../../src/store/sqlserver/store.ts';
import { LONG_TIMING, SERVER, createScratch } from '../store/support/open-sqlserver.ts';
import type { Scratch } from '../store/support/open-sqlserver.ts';
import { query, verifyLog } from './audit-rows.ts';
import type { AuditRow } from './audit-rows.ts';

/** Direct access of tests to the service's database, on either engine. */
export interface WorldDatabase {
  /** The demo's configuration with this database. */
  config(text: string): string;
  /** The rows of a query in SQL of both engines; `?` is a text value. */
  rows(sql: string, ...values: string[]): Promise<Json[]>;
  /** Names of all tables. */
  tables(): Promise<string[]>;
  /** `countersign audit verify` with the keys that the service at `url` publishes. */
  verify(url: string): Promise<{ exit: number; report: AuditReport }>;
  /**
   * The same after a change of one event with full database rights: in a copy where the engine
   * makes that easy, else in place.
   */
  verifyForged(url: string, eventId: string): Promise<{ exit: number; report: AuditReport }>;
  drop(): Promise<void>;
}

/** The engine of this run of the end-to-end suite; `jest.config.js` sets the global. */
export const ENGINE =
  (globalThis as { COUNTERSIGN_E2E_STORE?: string }).COUNTERSIGN_E2E_STORE === 'sqlserver'
    ? 'sqlserver'
    : 'sqlite';

/** Creates a database for a world on the engine of this run. */
export async function createDatabase(home: string): Promise<WorldDatabase> {
  return ENGINE === 'sqlserver' ? onSqlServer(await createScratch(SERVER)) : onSqlite(home);
}

/** A running service and its database. */
interface Audited {
  readonly database: WorldDatabase;
  readonly service: Pick<Service, 'keys' | 'store'>;
}

/** The audit log's rows about a request, in the order of their ids, with their personal values. */
export async function auditRowsOf(world: Audited, requestId: string): Promise<AuditRow[]> {
  const sql = 'SELECT body FROM audit_events WHERE request_id = ? ORDER BY id';
  return openedRows(world, await world.database.rows(sql, requestId));
}

/** The same of all events of a type. */
export async function auditRowsOfType(world: Audited, type: string): Promise<AuditRow[]> {
  const sql = 'SELECT body FROM audit_events WHERE type = ? ORDER BY id';
  return openedRows(world, await world.database.rows(sql, type));
}

async function openedRows({ service }: Audited, rows: readonly Json[]): Promise<AuditRow[]> {
  const personKeys = personKeysOf({ ...service, ids: systemIds });
  const sealed = rows.map(({ body }) => JSON.parse(String(body)) as AuditEvent);
  return [...(await openEvents(personKeys, sealed)).events];
}

const FORGE = `UPDATE audit_events SET body = replace(body, 'approve', 'deny') WHERE id = `;

function onSqlite(home: string): WorldDatabase {
  const file = join(home, 'countersign.db');
  return {
    config: (text) => text,
    rows: async (sql, ...values) => query(file, sql, ...values),
    tables: async () =>
      query(file, "SELECT name FROM sqlite_master WHERE type = 'table'").map(({ name }) =>
        String(name),
      ),
    verify: (url) => verifyLog(file, { url, home }),
    async verifyForged(url, eventId) {
      const copy = join(home, 'copy.db');
      const source = new DatabaseSync(file);
      source.exec(`VACUUM INTO '${copy}'`);
      source.close();
      const honest = await verifyLog(copy, { url, home });
      if (honest.exit !== 0) throw new Error('the copy does not verify');
      const forged = new DatabaseSync(copy);
      forged.exec('DROP TRIGGER audit_events_keep');
      forged.exec(FORGE + quoted(eventId));
      forged.close();
      return verifyLog(copy, { url, home });
    },
    // The world's folder is removed with it.
    drop: async () => undefined,
  };
}

const STORE = /^ {2}kind: sqlite\n {2}path: .*$/m;

function onSqlServer(scratch: Scratch): WorldDatabase {
  const { connectionString } = scratch;
  const rows = async (sql: string, ...values: string[]) => {
    const left = [...values];
    const { recordset } = await scratch.execute(
      sql.replaceAll('?', () => `N${quoted(left.shift() ?? '')}`),
    );
    return recordset.map((row) => ({ ...row }));
  };
  const verify = async (url: string) => {
    const published = await fetch(`${url}/.well-known/jwks.json`);
    const verifyCheckpoint = verifierOfJwks(await published.text());
    const store = await openSqlServerStore({
      connectionString,
      clock: systemClock,
      log: silentLogger,
      allowUntrusted: true,
      ...LONG_TIMING,
    });
    try {
      const report = await verifyAudit(store, { verifyCheckpoint });
      return { exit: report.ok ? 0 : 1, report };
    } finally {
      await store.close();
    }
  };
  return {
    config: (text) =>
      text.replace(
        STORE,
        () => `  kind: sqlserver\n  connectionString: ${JSON.stringify(connectionString)}`,
      ),
    rows,
    tables: async () =>
      (await rows('SELECT name FROM sys.tables WHERE is_ms_shipped = 0')).map(({ name }) =>
        String(name),
      ),
    verify,
    async verifyForged(url, eventId) {
      await scratch.execute('DROP TRIGGER dbo.audit_events_keep');
      await scratch.execute(FORGE + quoted(eventId));
      return verify(url);
    },
    drop: () => scratch.drop(),
  };
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
