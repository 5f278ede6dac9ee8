import type { AuditCheckpoint, AuditStore, StoredEvent } from '../usecases/ports/audit-store.ts';
import { createFrontier, encodeHash } from './merkle.ts';
import type { Frontier } from './merkle.ts';
import { eventLeaf, readEvent } from './read-event.ts';

/** The findings of a verification, explained in docs/reference/errors.md. */
export const AUDIT_PROBLEM_CODES = [
  'event_missing',
  'leaf_mismatch',
  'event_malformed',
  'column_mismatch',
  'index_gap',
  'log_truncated',
  'leaves_unsigned',
  'root_mismatch',
  'signature_invalid',
  'checkpoint_altered',
  'other_origin',
  'known_root_mismatch',
  'events_unsealed',
] as const;

export type AuditProblemCode = (typeof AUDIT_PROBLEM_CODES)[number];

export interface AuditProblem {
  readonly code: AuditProblemCode;
  /** The log verifies despite warnings. */
  readonly severity: 'error' | 'warning';
  readonly message: string;
  /** The index of the leaf or the size of the checkpoint; null for neither. */
  readonly at: number | null;
}

export interface AuditReport {
  readonly ok: boolean;
  readonly size: number;
  /** Root recomputed from the events, base64url. */
  readonly root: string;
  readonly checkpoints: number;
  readonly unsealed: number;
  /** At most `maxProblems`; `problemCount` counts all. */
  readonly problems: readonly AuditProblem[];
  readonly problemCount: number;
}

export interface VerifyAuditOptions {
  /** Returns the payload of a checkpoint with valid signature, `typ` and purpose; else throws. */
  readonly verifyCheckpoint: (jws: string) => Promise<Readonly<Record<string, unknown>>>;
  /** The required origin of every checkpoint; undefined: any. */
  readonly origin?: string | undefined;
  /** A size and root kept elsewhere: detects a truncated or completely rewritten log. */
  readonly known?: { readonly size: number; readonly root: string } | undefined;
  /** Rows read at a time; default 500. */
  readonly pageSize?: number;
  /** Default 100. */
  readonly maxProblems?: number;
}

type ReadableLog = Pick<
  AuditStore,
  'unsealedEvents' | 'readLeaves' | 'treeSize' | 'lastCheckpoint' | 'listCheckpoints'
>;

/**
 * Verifies the whole audit log: each leaf against its event, the root and signature of each
 * checkpoint, and indices without gaps. Reads in pages, so memory is constant. Ignores leaves that are
 * sealed meanwhile.
 */
export async function verifyAudit(
  store: ReadableLog,
  options: VerifyAuditOptions,
): Promise<AuditReport> {
  const notes = collector(options.maxProblems ?? 100);
  const pageSize = options.pageSize ?? 500;
  // Read the checkpoint before the size: a log that grows in between is longer, never shorter.
  const promised = (await store.lastCheckpoint())?.size ?? 0;
  const size = await store.treeSize();
  if (promised > size) {
    const counts = `a checkpoint speaks of ${promised} leaves, there are ${size}`;
    notes.error('log_truncated', counts, size);
  }
  const checkpoints = await checkpointReader(store, { ...options, pageSize, notes });
  const frontier = createFrontier();
  const compare = async () => {
    await checkpoints.compare(frontier);
    compareKnown(frontier, options.known, notes);
  };
  await compare();
  while (frontier.size < size) {
    const from = frontier.size;
    const page = await store.readLeaves({ from, limit: Math.min(pageSize, size - from) });
    if (page.length === 0) break;
    for (const leaf of page) {
      const index = frontier.size;
      if (leaf.index !== index) {
        notes.error('index_gap', `leaf ${index} is missing, ${leaf.index} follows`, index);
        return report(frontier, { checkpoints: checkpoints.count(), unsealed: 0, notes });
      }
      frontier.append(checkLeaf(leaf, notes));
      await compare();
    }
  }
  if (frontier.size < size) {
    notes.error('index_gap', `leaf ${frontier.size} is missing`, frontier.size);
  }
  if (checkpoints.lastSize() < frontier.size) {
    const since = checkpoints.lastSize();
    notes.error('leaves_unsigned', `no checkpoint covers the leaves from ${since} on`, since);
  }
  if (options.known !== undefined && options.known.size > frontier.size) {
    notes.error('log_truncated', `the known size is ${options.known.size}`, frontier.size);
  }
  const waiting = await store.unsealedEvents(pageSize);
  for (const event of waiting) checkEvent(event, null, notes);
  const unsealed = waiting.length;
  if (unsealed > 0) {
    const count = unsealed < pageSize ? String(unsealed) : `${unsealed} or more`;
    notes.warning('events_unsealed', `${count} events have no leaf yet; the sealer adds them`);
  }
  return report(frontier, { checkpoints: checkpoints.count(), unsealed, notes });
}

type Notes = ReturnType<typeof collector>;
type StoredLeaf = Awaited<ReturnType<ReadableLog['readLeaves']>>[number];

/** The hash of the event; the stored hash if the event is missing. */
function checkLeaf(leaf: StoredLeaf, notes: Notes): Uint8Array {
  const { index, event, eventId } = leaf;
  if (event === undefined) {
    notes.error('event_missing', `the event ${eventId} of leaf ${index} is gone`, index);
    return Buffer.from(leaf.hash, 'base64url');
  }
  const hash = eventLeaf(event);
  if (encodeHash(hash) !== leaf.hash) {
    notes.error('leaf_mismatch', `leaf ${index} is not the hash of its event ${eventId}`, index);
  }
  checkEvent(event, index, notes);
  return hash;
}

/** Checks that the text is strict JSON and that the index columns equal it. */
function checkEvent(stored: StoredEvent, index: number | null, notes: Notes): void {
  const event = readEvent(stored);
  if (event === undefined) {
    notes.error('event_malformed', `the text of event ${stored.id} is no strict JSON`, index);
    return;
  }
  const columns = ['id', 'at', 'type', 'requestId'] as const;
  const column = columns.find((name) => stored[name] !== event[name]);
  if (column === undefined) return;
  notes.error('column_mismatch', `${column} of event ${stored.id} is not as in its text`, index);
}

function compareKnown(frontier: Frontier, known: VerifyAuditOptions['known'], notes: Notes): void {
  if (known?.size !== frontier.size || encodeHash(frontier.root()) === known.root) return;
  notes.error('known_root_mismatch', `the root at size ${known.size} is another`, known.size);
}

/** Compares each checkpoint once the recomputed tree reaches its size. */
async function checkpointReader(
  store: ReadableLog,
  options: VerifyAuditOptions & { pageSize: number; notes: Notes },
) {
  const rows = allCheckpoints(store, options.pageSize);
  let row = await rows.next();
  let count = 0;
  let lastSize = 0;
  return {
    count: () => count,
    lastSize: () => lastSize,
    async compare(frontier: Frontier) {
      for (; !row.done && row.value.size <= frontier.size; row = await rows.next()) {
        await checkCheckpoint(row.value, frontier, options);
        count += 1;
        lastSize = row.value.size;
      }
    },
  };
}

async function* allCheckpoints(store: ReadableLog, limit: number) {
  for (let from = 0; ;) {
    const page = await store.listCheckpoints({ from, limit });
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < limit) return;
    from = last.size + 1;
  }
}

async function checkCheckpoint(
  row: AuditCheckpoint,
  frontier: Frontier,
  { verifyCheckpoint, origin, notes }: VerifyAuditOptions & { notes: Notes },
): Promise<void> {
  if (row.root !== encodeHash(frontier.root())) {
    notes.error('root_mismatch', `the events do not give the root at size ${row.size}`, row.size);
  }
  let signed: Readonly<Record<string, unknown>>;
  try {
    signed = await verifyCheckpoint(row.jws);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    notes.error('signature_invalid', `the checkpoint of size ${row.size}: ${why}`, row.size);
    return;
  }
  const altered = (['size', 'root', 'at'] as const).find((name) => signed[name] !== row[name]);
  if (altered !== undefined) {
    notes.error('checkpoint_altered', `${altered} at size ${row.size} is not as signed`, row.size);
  }
  if (origin !== undefined && signed['origin'] !== origin) {
    notes.error('other_origin', `the checkpoint of size ${row.size} is of another log`, row.size);
  }
}

function report(
  frontier: Frontier,
  { checkpoints, unsealed, notes }: { checkpoints: number; unsealed: number; notes: Notes },
): AuditReport {
  return {
    ok: notes.errors() === 0,
    size: frontier.size,
    root: encodeHash(frontier.root()),
    checkpoints,
    unsealed,
    problems: notes.problems,
    problemCount: notes.count(),
  };
}

function collector(limit: number) {
  const problems: AuditProblem[] = [];
  let errors = 0;
  let count = 0;
  const note =
    (severity: AuditProblem['severity']) =>
    (code: AuditProblemCode, message: string, at: number | null = null) => {
      count += 1;
      if (severity === 'error') errors += 1;
      if (problems.length < limit) problems.push({ code, severity, message, at });
    };
  return {
    error: note('error'),
    warning: note('warning'),
    problems,
    errors: () => errors,
    count: () => count,
  };
}
