import { verifyAudit } from '../audit/verify.ts';
import type { AuditReport } from '../audit/verify.ts';
import { systemClock } from '../lib/clock.ts';
import { jsonLogger } from '../telemetry/json-logger.ts';
import { StoreError } from '../usecases/ports/store-error.ts';
import { openTransfer } from '../store/open-transfer.ts';
import { TRANSFER_TABLES, copyStore } from '../store/transfer.ts';
import type { TransferCounts, TransferSource, TransferTarget } from '../store/transfer.ts';
import { EXIT } from './command.ts';
import type { CommandIo } from './command.ts';

const LEAF_PAGE = 500;
const NOT_IN_ORDER =
  'warning: the audit log does not verify, neither in the source nor in the copy: ' +
  '`countersign audit verify` says what is wrong.\n';
const PROGRESS_EVERY_MS = 2_000;

/**
 * `countersign migrate --from`: copies an embedded store to SQL Server and proves that the copy is
 * complete. After an interruption, the same command continues.
 *
 * @throws StoreError with a message that says what to do.
 */
export async function moveStore(options: {
  io: CommandIo;
  json: true | undefined;
  allowUntrusted: boolean;
  path: string;
  connectionString: string;
}): Promise<number> {
  const { io, json } = options;
  const { source, target } = await openTransfer({
    ...options,
    clock: systemClock,
    log: jsonLogger({ level: 'warn', now: () => systemClock.now(), write: io.stderr }),
  });
  try {
    let audit: Proven = { size: 0, root: '', ok: true };
    const copied = await copyStore(source, target, {
      now: () => systemClock.now(),
      progress: progressTo(io),
      signal: io.signal,
      verify: async () => {
        audit = await prove(source, target);
      },
    });
    const { counts } = source;
    if (!audit.ok) io.stderr(NOT_IN_ORDER);
    const result = { outcome: copied, tables: counts, audit: copied === 'done' ? audit : null };
    if (json) io.stdout(`${JSON.stringify(result)}\n`);
    else sumUp(copied, { counts, audit, io });
    return EXIT.done;
  } finally {
    source.close();
    await target.close();
  }
}

/** `ok`: whether the audit log verifies; it does on both sides or on none. */
interface Proven {
  readonly size: number;
  readonly root: string;
  readonly ok: boolean;
}

/** Checks that both stores have the same row counts and the same audit log. */
async function prove(source: TransferSource, target: TransferTarget): Promise<Proven> {
  const found = await target.counts();
  const different = TRANSFER_TABLES.filter((table) => found[table] !== source.counts[table]);
  if (different.length > 0) {
    const counts = different.map(
      (table) =>
        `${table} has ${source.counts[table]} rows in the source and ${found[table]} in the copy`,
    );
    throw differs(counts.join(', '));
  }
  const before = await recomputed(source);
  const after = await recomputed(target);
  if (summaryOf(after) !== summaryOf(before)) {
    throw differs(
      `the audit log is ${summaryOf(before)} in the source and ${summaryOf(after)} in the copy`,
    );
  }
  return { size: after.size, root: after.root, ok: after.ok };
}

function summaryOf({ size, root, checkpoints, problemCount, problems }: AuditReport): string {
  const [first] = problems;
  return (
    `${size} leaves, root ${root}, ${checkpoints} checkpoints` +
    (first ? `, ${problemCount} findings (${first.message})` : '')
  );
}

/**
 * Recomputes the log from its events. Signatures are not verified, as that needs the secret:
 * `countersign audit verify` does it. The signed contents are compared.
 */
function recomputed({ audit }: Pick<TransferSource, 'audit'>): Promise<AuditReport> {
  return verifyAudit(audit, { verifyCheckpoint: payloadOf, pageSize: LEAF_PAGE });
}

async function payloadOf(jws: string): Promise<Readonly<Record<string, unknown>>> {
  const payload = Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString();
  return JSON.parse(payload) as Record<string, unknown>;
}

function differs(how: string): StoreError {
  return new StoreError(
    'transfer_refused',
    `The copy differs from the source: ${how}. No service starts on it. ` +
      'Stop what writes to it, and move to a new empty database.',
  );
}

/** Reports progress, at most every two seconds. */
function progressTo(io: CommandIo): (table: string, copied: number, of: number) => void {
  let reportedAt = 0;
  return (table, copied, of) => {
    const now = systemClock.now();
    if (copied < of && now - reportedAt < PROGRESS_EVERY_MS) return;
    reportedAt = now;
    io.stderr(`${table}: ${copied} of ${of}\n`);
  };
}

function sumUp(
  copied: 'done' | 'already',
  { counts, audit, io }: { counts: TransferCounts; audit: Proven; io: CommandIo },
): void {
  if (copied === 'already') {
    io.stdout('This store was moved completely before: nothing was written.\n');
    return;
  }
  for (const table of TRANSFER_TABLES) io.stdout(`${table.padEnd(18)} ${counts[table]}\n`);
  io.stdout(
    `Everything was moved. The audit log has ${audit.size} leaves on both sides,\n` +
      `root ${audit.root}.\n` +
      'Point store: in countersign.yaml at the target, and put the old file away.\n',
  );
}
