import type { AuditStore } from '../usecases/ports/audit-store.ts';
import type { RequestStore } from '../usecases/ports/request-store.ts';
import { StoreError } from '../usecases/ports/store-error.ts';

/**
 * The tables in the order of the copy. Keys come first: if a service has started on the target and
 * created its own keys, the copy fails at once.
 */
export const TRANSFER_TABLES = [
  'keys',
  'person_keys',
  'requests',
  'request_readers',
  'decisions',
  'changes',
  'once_keys',
  'jobs',
  'counters',
  'cards',
  'conversations',
  'people',
  'people_roles',
  'sign_in_links',
  'sessions',
  'leases',
  'audit_events',
  'audit_pending',
  'audit_leaves',
  'audit_checkpoints',
  'audit_frontier',
] as const;

export type TransferTable = (typeof TRANSFER_TABLES)[number];

/** The last step: compares both stores. */
const VERIFY = 'verify';

export type TransferRow = Readonly<Record<string, string | number | null>>;
/** The key of a row, a value per column: the cursor of a page. */
export type TransferKey = readonly (string | number)[];
export type TransferCounts = Readonly<Record<TransferTable, number>>;
type ReadableLog = Omit<AuditStore, 'seal'> & Pick<RequestStore, 'listRequests' | 'loadRequest'>;

/** The store that is copied. It is locked while it is open. */
export interface TransferSource {
  /** Identifies the store and its state: it changes once a service uses the store. */
  readonly fingerprint: string;
  readonly counts: TransferCounts;
  readonly audit: ReadableLog;
  /** The cursor before the first row of a table. */
  start(table: TransferTable): TransferKey;
  /** The rows after a key, in key order. */
  page(table: TransferTable, after: TransferKey, limit: number): readonly TransferRow[];
  keyOf(table: TransferTable, row: TransferRow): TransferKey;
  close(): void;
}

/** The progress of a step, stored in the target. */
export interface TransferStep {
  readonly step: string;
  readonly source: string;
  /** JSON of the last written key. */
  readonly position: string;
  readonly copied: number;
  readonly finishedAt: number | null;
}

/** The store that receives the rows. */
export interface TransferTarget {
  readonly audit: ReadableLog;
  /** Stores the steps if the store is empty and has none. Returns the stored steps. */
  begin(
    source: string,
    steps: readonly Pick<TransferStep, 'step' | 'position'>[],
  ): Promise<{ readonly empty: boolean; readonly steps: readonly TransferStep[] }>;
  /** Writes rows and position in one commit. False if the step is at another position. */
  write(
    table: TransferTable,
    rows: readonly TransferRow[],
    options: {
      source: string;
      copied: number;
      position: string;
    },
  ): Promise<boolean>;
  finish(step: string, options: { source: string; now: number }): Promise<void>;
  steps(): Promise<readonly TransferStep[]>;
  counts(): Promise<TransferCounts>;
  close(): Promise<void>;
}

export interface TransferOptions {
  readonly now: () => number;
  /** Called after each page. */
  readonly progress: (table: TransferTable, copied: number, of: number) => void;
  /** Compares both stores; throws if they differ. */
  readonly verify: () => Promise<void>;
  /** Stops the copy after a page; the next call resumes there. */
  readonly signal?: AbortSignal | undefined;
  readonly pageRows?: number;
}

const PAGE_ROWS = 200;
/** Largest JSON text of a page (characters). A single row may exceed it. */
const PAGE_CHARS = 500_000;

/**
 * Copies all rows of a store, page by page. Each page is committed with its position, so a call after
 * an interruption resumes after the last written page.
 *
 * @returns `already` if an earlier call finished the copy.
 * @throws StoreError `transfer_refused` if the target holds other data, or if the source was used
 *   since the copy began. Errors of the stores pass through.
 */
export async function copyStore(
  source: TransferSource,
  target: TransferTarget,
  options: TransferOptions,
): Promise<'done' | 'already'> {
  const wanted = TRANSFER_TABLES.map((table) => ({
    step: table,
    position: JSON.stringify(source.start(table)),
  }));
  const { empty, steps } = await target.begin(source.fingerprint, [
    ...wanted,
    { step: VERIFY, position: '' },
  ]);
  if (!empty && steps.length === 0) throw refused(OTHER_DATA);
  if (steps.some((step) => step.source !== source.fingerprint)) throw refused(OTHER_SOURCE);
  if (steps.every(({ finishedAt }) => finishedAt !== null)) return 'already';
  for (const table of TRANSFER_TABLES) {
    const step = steps.find((one) => one.step === table);
    if (step === undefined) throw refused(`The target has no step for the table ${table}.`);
    if (step.finishedAt === null) await copyTable(table, step, { source, target, ...options });
  }
  await options.verify();
  await target.finish(VERIFY, { source: source.fingerprint, now: options.now() });
  return 'done';
}

async function copyTable(
  table: TransferTable,
  begun: TransferStep,
  given: TransferOptions & { source: TransferSource; target: TransferTarget },
): Promise<void> {
  const { source, target, now, progress, signal } = given;
  let { copied, position } = begun;
  for (;;) {
    if (signal?.aborted)
      throw refused('The copy was interrupted: run the same command again to resume.');
    const after = JSON.parse(position) as TransferKey;
    const rows = bounded(source.page(table, after, given.pageRows ?? PAGE_ROWS));
    const last = rows.at(-1);
    if (last === undefined) break;
    const next = JSON.stringify(source.keyOf(table, last));
    const options = { source: source.fingerprint, copied, position: next };
    if (!(await target.write(table, rows, options))) {
      // Either a retry of our own page, whose answer was lost, or another copy wrote.
      const seen = (await target.steps()).find(({ step }) => step === table);
      if (seen?.position !== next || seen.copied !== copied + rows.length) {
        throw refused(
          'Another copy wrote to this target: stop it, and run the same command again.',
        );
      }
    }
    [copied, position] = [copied + rows.length, next];
    progress(table, copied, source.counts[table]);
  }
  await target.finish(table, { source: source.fingerprint, now: now() });
}

/** The first rows, up to the largest JSON text of a page. */
function bounded(rows: readonly TransferRow[]): readonly TransferRow[] {
  let chars = 0;
  const fit = rows.findIndex((row, at) => {
    chars += JSON.stringify(row).length;
    return at > 0 && chars > PAGE_CHARS;
  });
  return fit < 0 ? rows : rows.slice(0, fit);
}

/** A refusal to begin or resume a copy. */
export function refused(message: string): StoreError {
  return new StoreError('transfer_refused', message);
}

const OTHER_DATA =
  'The target holds data already: nothing was written. Use an empty database that no ' +
  'service has been started on.';
const OTHER_SOURCE =
  'The target holds the copy of another store, or of this one before it was ' +
  'used again: stop the service, create a new empty database, and move to that.';
