import { sha256 } from '../lib/hash.ts';
import type { AuditStore } from '../usecases/ports/audit-store.ts';
import { StoreError } from '../usecases/ports/store-error.ts';

/**
 * The tables that are carried from one store to another, in this order. Keys come first: a service
 * that started on the target meanwhile would have made its own, and the copy then ends at once.
 */
export const TRANSFER_TABLES = [
  'keys',
  'requests',
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

/** What comes after the tables: the comparison of both stores. */
const VERIFY = 'verify';

export type TransferRow = Readonly<Record<string, string | number | null>>;
/** The key of a row, column by column: pages go on from it. */
export type TransferKey = readonly (string | number)[];
export type TransferCounts = Readonly<Record<TransferTable, number>>;
type ReadableLog = Omit<AuditStore, 'seal'>;

/** The store that is carried over. Nothing changes in it while it is open. */
export interface TransferSource {
  /** Names this store and its state: it is another one as soon as a service has used the store. */
  readonly fingerprint: string;
  readonly counts: TransferCounts;
  readonly audit: ReadableLog;
  /** Below every key of the table. */
  start(table: TransferTable): TransferKey;
  /** Rows above a key, in the order of their keys. */
  page(table: TransferTable, after: TransferKey, limit: number): readonly TransferRow[];
  keyOf(table: TransferTable, row: TransferRow): TransferKey;
  close(): void;
}

/** How far a step has come. */
export interface TransferStep {
  readonly step: string;
  readonly source: string;
  /** JSON of the last key that was written. */
  readonly position: string;
  readonly copied: number;
  readonly finishedAt: number | null;
}

/** The store that rows are carried to. */
export interface TransferTarget {
  readonly audit: ReadableLog;
  /** Notes the steps where the store is empty and no transfer was begun; gives those noted. */
  begin(
    source: string,
    steps: readonly Pick<TransferStep, 'step' | 'position'>[],
  ): Promise<{ readonly empty: boolean; readonly steps: readonly TransferStep[] }>;
  /** Writes rows and the position together; false where the step is not where it was seen. */
  write(
    table: TransferTable,
    rows: readonly TransferRow[],
    options: {
      source: string;
      copied: number;
      position: string;
    },
  ): Promise<boolean>;
  /** Marks a step as done. */
  finish(step: string, options: { source: string; now: number }): Promise<void>;
  steps(): Promise<readonly TransferStep[]>;
  counts(): Promise<TransferCounts>;
  close(): Promise<void>;
}

export interface TransferOptions {
  readonly now: () => number;
  /** Called after each page. */
  readonly progress: (table: TransferTable, copied: number, of: number) => void;
  /** Compares both stores; throws where they differ. */
  readonly verify: () => Promise<void>;
  /** Ends the copy between two pages; the same again goes on there. */
  readonly signal?: AbortSignal | undefined;
  readonly pageRows?: number;
}

const PAGE_ROWS = 200;
/** JSON text of one statement (characters), but for a single row that is larger. */
const PAGE_CHARS = 500_000;

/**
 * Carries every row of one store to another, page by page; each page and the mark that says so are
 * one commit. Interrupted at any point, the same call goes on after the last page that was written.
 *
 * @returns `already` where an earlier call has finished.
 * @throws StoreError `transfer_refused` where the target holds other data, or the source was used
 *   since the copy began; whatever the stores throw.
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
    if (step === undefined) throw refused(`The target has no mark for the table ${table}.`);
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
    if (signal?.aborted) throw refused('The copy was interrupted: run the same again to go on.');
    const after = JSON.parse(position) as TransferKey;
    const rows = bounded(source.page(table, after, given.pageRows ?? PAGE_ROWS));
    const last = rows.at(-1);
    if (last === undefined) break;
    const next = JSON.stringify(source.keyOf(table, last));
    const options = { source: source.fingerprint, copied, position: next };
    if (!(await target.write(table, rows, options))) {
      // Either our own page, whose answer was lost and which was sent again, or another copy's.
      const seen = (await target.steps()).find(({ step }) => step === table);
      if (seen?.position !== next || seen.copied !== copied + rows.length) {
        throw refused('Another copy to this store is under way, or was: run the same again.');
      }
    }
    [copied, position] = [copied + rows.length, next];
    progress(table, copied, source.counts[table]);
  }
  await target.finish(table, { source: source.fingerprint, now: now() });
}

/** As many of the rows, from the first on, as one statement takes. */
function bounded(rows: readonly TransferRow[]): readonly TransferRow[] {
  let chars = 0;
  const fit = rows.findIndex((row, at) => {
    chars += JSON.stringify(row).length;
    return at > 0 && chars > PAGE_CHARS;
  });
  return fit < 0 ? rows : rows.slice(0, fit);
}

/** What tells one state of a store from every other. */
export function fingerprintOf(state: unknown): string {
  return sha256(JSON.stringify(state));
}

/** A transfer that must not begin, or go on; the sentence says why. */
export function refused(message: string): StoreError {
  return new StoreError('transfer_refused', message);
}

const OTHER_DATA =
  'The target holds data already, of a service or of something else: nothing was ' +
  'written. Give the move a database of its own that no service has been started on.';
const OTHER_SOURCE =
  'The target holds the copy of another store, or of this one before it was ' +
  'used again: stop the service, make a new empty database, and move to that.';
