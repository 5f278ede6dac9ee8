import { Lru } from '../lib/lru.ts';
import type { AuditReader } from '../usecases/ports/audit-reader.ts';
import type { AuditStore } from '../usecases/ports/audit-store.ts';
import { createFrontier, decodeHash, encodeHash, nodeHash, splitPoint } from './merkle.ts';
import type { Hash } from './merkle.ts';
import { consistencyRanges, inclusionRanges } from './proofs.ts';
import type { LeafRange } from './proofs.ts';

type ReadableLog = Pick<AuditStore, 'lastCheckpoint' | 'readLeaves' | 'treeSize'>;

/** Leaves whose root is kept: a proof then reads few of them. */
const BLOCK = 256;
/** For 25 million leaves. */
const KEPT_BLOCKS = 100_000;

/** Reads the sealed log for outside verifiers. Proofs are made one at a time. */
export function createAuditReader(store: ReadableLog): AuditReader {
  const rootOf = treeOver(store);
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <Made>(make: () => Promise<Made>): Promise<Made> => {
    const made = last.then(make, make);
    last = made.catch(() => undefined);
    return made;
  };
  const proofOf = async (ranges: readonly LeafRange[]) => {
    const proof: string[] = [];
    for (const range of ranges) proof.push(encodeHash(await rootOf(range)));
    return proof;
  };
  return {
    checkpoint: () => store.lastCheckpoint(),
    async entries({ from, limit }) {
      const leaves = await store.readLeaves({ from, limit });
      return leaves.map(({ index, eventId, hash, event }) => {
        if (event === undefined) throw new Error(`the event of leaf ${index} is missing`);
        return { index, eventId, hash, body: event.body };
      });
    },
    async inclusion({ index, size }) {
      if (index >= size || size > (await store.treeSize())) return undefined;
      return inTurn(async () => ({
        leaf: encodeHash(await rootOf({ from: index, to: index + 1 })),
        proof: await proofOf(inclusionRanges(index, size)),
      }));
    },
    async consistency({ from, to }) {
      if (from < 1 || from > to || to > (await store.treeSize())) return undefined;
      return inTurn(() => proofOf(consistencyRanges(from, to)));
    },
  };
}

/** The root over a range of leaves that is a subtree. Roots of whole blocks never change: kept. */
function treeOver(store: ReadableLog): (range: LeafRange) => Promise<Hash> {
  const blocks = new Lru<Hash>(KEPT_BLOCKS);
  const rootOf = async ({ from, to }: LeafRange): Promise<Hash> => {
    const size = to - from;
    if (size > BLOCK) {
      const middle = from + splitPoint(size);
      const left = await rootOf({ from, to: middle });
      return nodeHash(left, await rootOf({ from: middle, to }));
    }
    const key = String(from / BLOCK);
    const kept = size === BLOCK ? blocks.get(key) : undefined;
    if (kept !== undefined) return kept;
    const root = await readRoot(store, { from, to });
    if (size === BLOCK) blocks.set(key, root);
    return root;
  };
  return rootOf;
}

async function readRoot(store: ReadableLog, { from, to }: LeafRange): Promise<Hash> {
  const frontier = createFrontier();
  for (const { index, hash } of await store.readLeaves({ from, limit: to - from })) {
    const decoded = decodeHash(hash);
    if (decoded === undefined || index !== from + frontier.size) break;
    frontier.append(decoded);
  }
  if (frontier.size === to - from) return frontier.root();
  throw new Error(`leaf ${from + frontier.size} of the audit log is missing or malformed`);
}
