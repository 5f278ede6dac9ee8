import { createHash } from 'node:crypto';

/** A SHA-256 hash, 32 bytes. */
export type Hash = Uint8Array;

const LEAF_PREFIX = Uint8Array.of(0x00);
const NODE_PREFIX = Uint8Array.of(0x01);

/** Hash of a leaf's bytes (RFC 9162 section 2.1.1): SHA-256 over 0x00 and the bytes. */
export function leafHash(bytes: Uint8Array): Hash {
  return createHash('sha256').update(LEAF_PREFIX).update(bytes).digest();
}

/** Hash of an inner node (RFC 9162 section 2.1.1): SHA-256 over 0x01 and both children. */
export function nodeHash(left: Hash, right: Hash): Hash {
  return createHash('sha256').update(NODE_PREFIX).update(left).update(right).digest();
}

/** Root of the tree without leaves: SHA-256 over nothing. */
export function emptyRoot(): Hash {
  return createHash('sha256').digest();
}

/** A hash as it is stored and sent: base64url without padding. */
export function encodeHash(hash: Hash): string {
  return Buffer.from(hash).toString('base64url');
}

/** The hash of its text; undefined unless the text is the one canonical form of 32 bytes. */
export function decodeHash(text: string): Hash | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.length === 32 && bytes.toString('base64url') === text ? bytes : undefined;
}

/** Largest power of two smaller than `size`, which must be 2 or more (RFC 9162 section 2.1.1). */
export function splitPoint(size: number): number {
  let power = 1;
  while (power * 2 < size) power *= 2;
  return power;
}

/** The right edge of a growing tree: all that is needed to append a leaf and to know the root. */
export interface Frontier {
  readonly size: number;
  /** Takes the next leaf's hash; amortised constant time, logarithmic at worst. */
  append(leaf: Hash): void;
  root(): Hash;
  /** Roots of the complete subtrees, largest first: with the size all that `frontierAt` needs. */
  peaks(): readonly Hash[];
  /** An independent copy, so that leaves can be tried before they are committed. */
  copy(): Frontier;
}

interface Peak {
  readonly leaves: number;
  readonly hash: Hash;
}

/** A frontier without leaves. Its memory grows with the logarithm of the tree. */
export function createFrontier(): Frontier {
  return frontierOf([], 0);
}

/**
 * The frontier of a tree of this size whose complete subtrees have these roots, largest first.
 * Undefined where a tree of this size has another number of them. Whether they are the right ones
 * only the root can tell.
 */
export function frontierAt(size: number, hashes: readonly Hash[]): Frontier | undefined {
  if (!Number.isSafeInteger(size) || size < 0) return undefined;
  const peaks: Peak[] = [];
  let power = 1;
  while (power * 2 <= size) power *= 2;
  for (let rest = size; rest > 0; power /= 2) {
    if (power > rest) continue;
    const hash = hashes[peaks.length];
    if (hash === undefined) return undefined;
    peaks.push({ leaves: power, hash });
    rest -= power;
  }
  return peaks.length === hashes.length ? frontierOf(peaks, size) : undefined;
}

function frontierOf(peaks: Peak[], startSize: number): Frontier {
  let size = startSize;
  return {
    get size() {
      return size;
    },
    append(leaf) {
      let grown: Peak = { leaves: 1, hash: leaf };
      for (let last = peaks.at(-1); last?.leaves === grown.leaves; last = peaks.at(-1)) {
        grown = { leaves: last.leaves * 2, hash: nodeHash(last.hash, grown.hash) };
        peaks.pop();
      }
      peaks.push(grown);
      size += 1;
    },
    root() {
      const last = peaks.at(-1);
      if (last === undefined) return emptyRoot();
      return peaks.slice(0, -1).reduceRight((right, peak) => nodeHash(peak.hash, right), last.hash);
    },
    peaks: () => peaks.map(({ hash }) => hash),
    copy: () => frontierOf([...peaks], size),
  };
}
