import sql from 'mssql';
import { poolConfig } from '../../../src/store/sqlserver/connection.ts';
import type { Query } from '../../../src/store/sqlserver/query.ts';
import { LONG_TIMING } from './open-sqlserver.ts';

/** A step of a plan that accesses a table of ours. */
export interface PlanStep {
  /** The server's term: `Index Seek`, `Clustered Index Scan`, … */
  readonly operation: string;
  readonly table: string;
  readonly index: string;
}

/** A connection that returns plans and runs nothing. */
export interface Planner {
  /** The steps of every statement of a query or batch, in the order of the text. */
  stepsOf(asked: Query): Promise<readonly PlanStep[]>;
  close(): Promise<void>;
}

/** Opens it. SHOWPLAN is a setting of the connection, so there is exactly one. */
export async function openPlanner(connectionString: string): Promise<Planner> {
  const config = poolConfig({ connectionString, allowUntrusted: true, timing: LONG_TIMING });
  const pool = await new sql.ConnectionPool({
    ...config,
    pool: { min: 1, max: 1, idleTimeoutMillis: 600_000 },
  }).connect();
  await pool.request().batch('SET SHOWPLAN_XML ON');
  return {
    async stepsOf({ sql: text, parameters }) {
      const declared = Object.entries(parameters).map(
        ([name, type]) => `DECLARE @${name} ${type};`,
      );
      const { recordset } = await pool.request().batch(`${declared.join('\n')}\n${text}`);
      const [row] = recordset as unknown as Record<string, unknown>[];
      return stepsIn(String(Object.values(row ?? {})[0]));
    },
    close: () => pool.close(),
  };
}

/** The steps in a plan's XML (schemas.microsoft.com/sqlserver/2004/07/showplan). */
export function stepsIn(xml: string): readonly PlanStep[] {
  const steps: PlanStep[] = [];
  // An operator's own Object stands between its RelOp and the next one.
  for (const part of xml.split('<RelOp ').slice(1)) {
    const operation = /PhysicalOp="([^"]+)"/.exec(part)?.[1] ?? '';
    const object = /<Object [^>]*Schema="\[dbo\]"[^>]*>/.exec(part)?.[0];
    if (object === undefined) continue;
    const named = (what: string) => new RegExp(`${what}="\\[([^"]+)\\]"`).exec(object)?.[1] ?? '';
    steps.push({ operation, table: named('Table'), index: named('Index') });
  }
  return steps;
}
