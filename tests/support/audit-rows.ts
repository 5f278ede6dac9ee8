import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { runCommandLine } from '../../src/cli/run.ts';
import type { AuditReport } from '../../src/audit/verify.ts';
import type { Json } from '../../src/local/world.ts';

/** A stored row of the audit log. */
export interface AuditRow {
  readonly id: string;
  readonly type: string;
  readonly requestId: string | null;
  readonly actor: string | null;
  readonly data: Readonly<Json>;
}

/** Reads the database file directly, with one query. */
export function query(file: string, sql: string, ...values: string[]): Json[] {
  const database = new DatabaseSync(file, { readOnly: true, timeout: 5_000 });
  try {
    return database
      .prepare(sql)
      .all(...values)
      .map((row) => ({ ...row }));
  } finally {
    database.close();
  }
}

/** The rows of the audit log about a request, in the order of their ids. */
export function auditRows(file: string, requestId: string): AuditRow[] {
  const rows = query(
    file,
    `
    SELECT body FROM audit_events
    WHERE request_id = ? ORDER BY id`,
    requestId,
  );
  return rows.map(({ body }) => JSON.parse(String(body)) as AuditRow);
}

/** The number of rows of the audit log. */
export function auditSize(file: string): number {
  const [row] = query(file, 'SELECT count(*) AS size FROM audit_events');
  return Number(row?.['size']);
}

/**
 * Runs `countersign audit verify` on a database file with the published keys of the service at
 * `url`, as somebody who trusts neither.
 */
export async function verifyLog(
  file: string,
  { url, home }: { url: string; home: string },
): Promise<{ exit: number; report: AuditReport }> {
  const jwks = join(home, 'jwks.json');
  const published = await fetch(`${url}/.well-known/jwks.json`);
  await writeFile(jwks, await published.text());
  let text = '';
  const exit = await runCommandLine(
    ['audit', 'verify', '--sqlite', file, '--jwks', jwks, '--json'],
    {
      stdout: (written) => {
        text += written;
      },
      stderr: () => undefined,
      env: {},
      cwd: home,
    },
  );
  return { exit, report: JSON.parse(text) as AuditReport };
}
