import type { AuditCheckpoint, AuditStore } from '../usecases/ports/audit-store.ts';
import { createFrontier, encodeHash } from './merkle.ts';
import type { Frontier } from './merkle.ts';
import { collector } from './notes.ts';
import type { AuditProblem, Notes } from './notes.ts';
import { eventLeaf } from './read-event.ts';
import { checkEvent, verifyEvents } from './verify-events.ts';
import { verifyRequests } from './verify-requests.ts';
import type { RecordedRequests } from './verify-requests.ts';

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

/** A size and root of the log that were kept elsewhere. */
export interface KnownRoot {
  readonly size: number;
  /** Base64url. */
  readonly root: string;
  /** Where it was kept, for the message. */
  readonly from: string;
}

export interface VerifyAuditOptions {
  /** Returns the payload of a checkpoint with valid signature, `typ` and purpose; else throws. */
  readonly verifyCheckpoint: (jws: string) => Promise<Readonly<Record<string, unknown>>>;
  /** The required origin of every checkpoint; without it every origin counts. */
  readonly origin?: string | undefined;
  /** What was kept elsewhere: detects a truncated or completely rewritten log. */
  readonly known?: readonly KnownRoot[];
  /** What was found before, such as on reading what was kept elsewhere. */
  readonly found?: readonly AuditProblem[];
  /** Rows read at a time; default 500. */
  readonly pageSize?: number;
  /** Default 100. */
  readonly maxProblems?: number;
}

type ReadableLog = RecordedRequests &
  Pick<
    AuditStore,
    'listEvents' | 'readLeaves' | 'treeSize' | 'lastCheckpoint' | 'listCheckpoints' | 'frontier'
  >;

/**
 * Verifies the whole audit log: each leaf against its event, the root and signature of each
 * checkpoint, indices without gaps, each event against its place in the log, and each request and
 * decision against its events. Reads in pages, so memory is constant. Ignores leaves that are sealed
 * meanwhile.
 */
export async function verifyAudit(
  store: ReadableLog,
  options: VerifyAuditOptions,
): Promise<AuditReport> {
  const notes = collector(options.maxProblems ?? 100);
  for (const { code, severity, message, at } of options.found ?? []) {
    notes[severity](code, message, at);
  }
  const given = { ...options, pageSize: options.pageSize ?? 500, notes };
  const { frontier, checkpoints } = await verifyTree(store, given);
  const unsealed = await verifyEvents(store, given);
  if (unsealed > 0) {
    notes.warning('events_unsealed', `${unsealed} events have no leaf yet; the sealer adds them`);
  }
  await verifyRequests(store, notes);
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

type Given = VerifyAuditOptions & { readonly pageSize: number; readonly notes: Notes };

/** Recomputes the tree and compares it with every checkpoint, stored or kept elsewhere. */
async function verifyTree(
  store: ReadableLog,
  given: Given,
): Promise<{ frontier: Frontier; checkpoints: number }> {
  const { notes } = given;
  const size = await sizeOf(store, notes);
  const checkpoints = await checkpointReader(store, given);
  const known = knownReader(given.known ?? [], notes);
  const frontier = createFrontier();
  const compare = async () => {
    await checkpoints.compare(frontier);
    known.compare(frontier);
  };
  await compare();
  for await (const leaf of allLeaves(store, size, given.pageSize)) {
    const index = frontier.size;
    if (leaf.index !== index) {
      notes.error('index_gap', `leaf ${index} is missing, ${leaf.index} follows`, index);
      known.end(frontier);
      return { frontier, checkpoints: checkpoints.count() };
    }
    frontier.append(checkLeaf(leaf, notes));
    await compare();
  }
  if (frontier.size < size) {
    notes.error('index_gap', `leaf ${frontier.size} is missing`, frontier.size);
  }
  if (checkpoints.lastSize() < frontier.size) {
    const since = checkpoints.lastSize();
    notes.error('leaves_unsigned', `no checkpoint covers the leaves from ${since} on`, since);
  }
  known.end(frontier);
  return { frontier, checkpoints: checkpoints.count() };
}

/** The number of leaves, which no checkpoint and no seal may exceed. */
async function sizeOf(store: ReadableLog, notes: Notes): Promise<number> {
  // Read both before the size: a log that grows in between is longer, never shorter.
  const signed = (await store.lastCheckpoint())?.size ?? 0;
  const sealed = (await store.frontier())?.size ?? 0;
  const size = await store.treeSize();
  const promised = Math.max(signed, sealed);
  if (promised > size) {
    const by = signed > size ? 'a checkpoint speaks of' : 'the last seal left';
    notes.error('log_truncated', `${by} ${promised} leaves, there are ${size}`, size);
  }
  return size;
}

async function* allLeaves(store: ReadableLog, size: number, limit: number) {
  for (let from = 0; from < size;) {
    const page = await store.readLeaves({ from, limit: Math.min(limit, size - from) });
    const last = page.at(-1);
    if (last === undefined) return;
    yield* page;
    from = last.index + 1;
  }
}

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

/** Compares what was kept elsewhere once the recomputed tree reaches its size. */
function knownReader(known: readonly KnownRoot[], notes: Notes) {
  const rest = [...known].sort((one, other) => one.size - other.size);
  let next = 0;
  return {
    compare(frontier: Frontier) {
      for (let one = rest[next]; one?.size === frontier.size; one = rest[next]) {
        next += 1;
        if (encodeHash(frontier.root()) === one.root) continue;
        const words = `the root at size ${one.size} is another than ${one.from} says`;
        notes.error('known_root_mismatch', words, one.size);
      }
    },
    /** What the log does not reach: the longest is enough. */
    end(frontier: Frontier) {
      const longest = rest.slice(next).at(-1);
      if (longest === undefined) return;
      const words = `${longest.from} speaks of ${longest.size} leaves, there are ${frontier.size}`;
      notes.error('log_truncated', words, frontier.size);
    },
  };
}

/** Compares each checkpoint once the recomputed tree reaches its size. */
async function checkpointReader(store: ReadableLog, options: Given) {
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
