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

/** Encodes a hash as base64url without padding. */
export function encodeHash(hash: Hash): string {
  return Buffer.from(hash).toString('base64url');
}

/** Decodes a hash; undefined unless the text is the canonical base64url of 32 bytes. */
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

/** The right edge of a growing tree: enough to append leaves and to compute the root. */
export interface Frontier {
  readonly size: number;
  /** Appends a leaf hash; amortised constant time, worst case logarithmic. */
  append(leaf: Hash): void;
  root(): Hash;
  /** Roots of the complete subtrees, largest first: with the size, the input of `frontierAt`. */
  peaks(): readonly Hash[];
  /** An independent copy, to append leaves before they are committed. */
  copy(): Frontier;
}

interface Peak {
  readonly leaves: number;
  readonly hash: Hash;
}

/** A frontier without leaves. Its memory grows logarithmically. */
export function createFrontier(): Frontier {
  return frontierOf([], 0);
}

/**
 * The frontier of a tree with this size and these roots of complete subtrees, largest first. Undefined
 * if the number of roots does not match the size. Compare its root to verify the roots.
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
