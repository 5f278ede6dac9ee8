import type { Clock } from '../lib/clock.ts';
import type { Ids } from '../lib/ids.ts';
import type { Logger } from '../lib/logger.ts';
import { startLoop } from '../lib/loop.ts';
import type { Running } from '../lib/loop.ts';
import type { CheckpointSigner } from '../usecases/ports/checkpoint-signer.ts';
import type { AuditLeaf, AuditStore, StoredEvent } from '../usecases/ports/audit-store.ts';
import type { LeaseStore } from '../usecases/ports/lease-store.ts';
import { CHECKPOINT_TYPE } from './checkpoint-verifier.ts';
import { createFrontier, decodeHash, encodeHash, frontierAt } from './merkle.ts';
import type { Frontier } from './merkle.ts';
import { eventLeaf } from './read-event.ts';

const LEASE = 'audit-seal';
const MIN_LEASE_MS = 10_000;
const LOST_RACE_REST_MS = 250;

export interface SealerOptions {
  readonly store: Pick<LeaseStore, 'takeLease' | 'releaseLease'> &
    Pick<
      AuditStore,
      'unsealedEvents' | 'seal' | 'frontier' | 'readLeaves' | 'treeSize' | 'lastCheckpoint'
    >;
  readonly keys: CheckpointSigner;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
  /** The name of the log in its checkpoints. */
  readonly origin: string;
  readonly everyMs: number;
  /** Events per checkpoint, and leaves per read; default 500. */
  readonly batchSize?: number;
}

/** The stored log does not match its last checkpoint: nothing is sealed. */
export class SealRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SealRefused';
  }
}

/**
 * Seals the audit log every `everyMs` under a lease: each event without a leaf gets one, and a signed
 * checkpoint covers them. There is no high-water mark: each turn queries the unsealed events, so an
 * event that commits late is not skipped. Concurrent sealers are safe: a seal names the expected size.
 */
export function createSealer(options: SealerOptions): Running {
  const { turn, letGo } = sealTurn(options);
  const loop = startLoop({
    turn,
    failed: (error) => options.log.error('audit log was not sealed', { error }),
    failureRestMs: Math.max(options.everyMs, 1_000),
  });
  return {
    wake: loop.wake,
    stop: async () => {
      await loop.stop();
      await letGo().catch((error: unknown) => {
        options.log.warn('the lease to seal was not released; it runs out by itself', { error });
      });
    },
  };
}

/**
 * The sealer without its loop. `turn` seals one batch, keeps the frontier and returns the delay to the
 * next turn (ms). `letGo` releases the lease if it is held.
 */
export function sealTurn(options: SealerOptions) {
  const { store, clock, ids, everyMs } = options;
  const batchSize = options.batchSize ?? 500;
  const holder = ids.next('sealer', clock.now());
  const leaseMs = Math.max(MIN_LEASE_MS, everyMs * 3);
  let held = false;
  const holdLease = async () => {
    const taken = await store.takeLease({ name: LEASE, holder, leaseMs, now: clock.now() });
    held = taken !== undefined;
    return held;
  };
  const letGo = async () => {
    if (held) await store.releaseLease({ name: LEASE, holder, now: clock.now() });
    held = false;
  };
  let frontier: Frontier | undefined;
  const turn = async () => {
    const events = await store.unsealedEvents(batchSize);
    if (events.length === 0 || !(await holdLease())) return everyMs;
    const known = frontier;
    const size = await store.treeSize();
    refuseShorter(known, size);
    frontier = undefined;
    const current = await catchUp(known, size, { ...options, batchSize, holdLease });
    if (current === undefined) return everyMs;
    const next = await sealBatch(current, events, options);
    if (next === undefined) return LOST_RACE_REST_MS;
    frontier = next;
    return events.length < batchSize ? everyMs : 0;
  };
  return { turn, letGo };
}

/**
 * Refuses a log that became shorter while this process runs: it was truncated, or a backup was
 * restored. Sealing resumes after a restart, so that somebody looks first.
 */
function refuseShorter(known: Frontier | undefined, size: number): void {
  if (known === undefined || known.size <= size) return;
  throw new SealRefused(
    `the log had ${known.size} leaves and has ${size} now; find out why, then restart the service`,
  );
}

type ReadOptions = SealerOptions & { batchSize: number; holdLease: () => Promise<boolean> };

/**
 * The frontier of the stored log; undefined if the lease was lost. Starts from the frontier in memory,
 * or from the stored one, and reads only the leaves after it. If a stored frontier does not lead to the
 * root of the checkpoint, its row was altered: reads all leaves. If the one in memory does not, the log
 * was altered: refuses.
 */
async function catchUp(
  known: Frontier | undefined,
  size: number,
  options: ReadOptions,
): Promise<Frontier | undefined> {
  const { store } = options;
  if (known?.size === size) return known;
  const checkpoint = await store.lastCheckpoint();
  if ((checkpoint?.size ?? 0) !== size) {
    throw new SealRefused(
      `the log has ${size} leaves, its last checkpoint speaks of ${checkpoint?.size ?? 0}`,
    );
  }
  const root = checkpoint?.root ?? encodeHash(createFrontier().root());
  const stored = known === undefined ? await storedFrontier(options, size) : undefined;
  if (stored !== undefined) {
    const frontier = await readOn(stored, size, options);
    if (frontier === undefined || encodeHash(frontier.root()) === root) return frontier;
    options.log.warn('the stored edge of the audit log is wrong; all leaves are read', { size });
  }
  const frontier = await readOn(known ?? createFrontier(), size, options);
  // Another checkpoint would sign an altered history.
  if (frontier !== undefined && encodeHash(frontier.root()) !== root) {
    throw new SealRefused(`the leaves do not give the root of the checkpoint at size ${size}`);
  }
  return frontier;
}

/**
 * The frontier of the last seal, if it fits this log. One malformed hash rejects the whole list: only
 * an altered row has one.
 */
async function storedFrontier(
  { store, log }: Pick<SealerOptions, 'store' | 'log'>,
  size: number,
): Promise<Frontier | undefined> {
  const stored = await store.frontier();
  if (stored === undefined || stored.size > size) return undefined;
  const hashes = stored.peaks.map(decodeHash).filter((hash) => hash !== undefined);
  if (hashes.length === stored.peaks.length) return frontierAt(stored.size, hashes);
  log.error('the stored edge of the audit log is malformed; all leaves are read', { size });
  return undefined;
}

/** Appends the stored leaves up to a size; undefined if the lease was lost. */
async function readOn(
  frontier: Frontier,
  size: number,
  options: ReadOptions,
): Promise<Frontier | undefined> {
  const { store, batchSize } = options;
  while (frontier.size < size) {
    if (!(await options.holdLease())) return undefined;
    const limit = Math.min(batchSize, size - frontier.size);
    const leaves = await store.readLeaves({ from: frontier.size, limit });
    if (leaves.length === 0) throw new SealRefused(`leaf ${frontier.size} is missing`);
    for (const leaf of leaves) {
      const hash = decodeHash(leaf.hash);
      if (leaf.index !== frontier.size) throw new SealRefused(`leaf ${frontier.size} is missing`);
      if (hash === undefined) throw new SealRefused(`the hash of leaf ${leaf.index} is malformed`);
      frontier.append(hash);
    }
  }
  return frontier;
}

/** Seals the events and returns the new frontier; undefined if another sealer was first. */
async function sealBatch(
  current: Frontier,
  events: readonly StoredEvent[],
  { store, keys, clock, origin, log }: SealerOptions,
): Promise<Frontier | undefined> {
  const next = current.copy();
  const leaves = events.map((event): AuditLeaf => {
    const hash = eventLeaf(event);
    const index = next.size;
    next.append(hash);
    return { index, eventId: event.id, hash: encodeHash(hash) };
  });
  const statement = { size: next.size, root: encodeHash(next.root()), at: clock.now() };
  const jws = await keys.sign('checkpoints', { origin, ...statement }, CHECKPOINT_TYPE);
  const sealed = await store.seal({
    expectedSize: current.size,
    leaves,
    checkpoint: { ...statement, jws },
    peaks: next.peaks().map(encodeHash),
  });
  if (!sealed) return undefined;
  log.debug('audit log sealed', { size: next.size, added: leaves.length });
  return next;
}
