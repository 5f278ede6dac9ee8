import { nodeHash, splitPoint } from './merkle.ts';
import type { Hash } from './merkle.ts';

/** The leaves from `from` to `to` (exclusive). This module returns complete subtrees. */
export interface LeafRange {
  readonly from: number;
  readonly to: number;
}

/**
 * The subtrees whose roots, in this order, prove that leaf `index` is in the tree of `size` leaves
 * (RFC 9162 section 2.1.3.1).
 *
 * @throws RangeError if the index is not in the tree.
 */
export function inclusionRanges(index: number, size: number): readonly LeafRange[] {
  if (!isCount(index) || !isCount(size) || index >= size) {
    throw new RangeError(`no leaf ${index} in a tree of ${size}`);
  }
  const ranges: LeafRange[] = [];
  let from = 0;
  let to = size;
  while (to - from > 1) {
    const middle = from + splitPoint(to - from);
    if (index < middle) {
      ranges.push({ from: middle, to });
      to = middle;
    } else {
      ranges.push({ from, to: middle });
      from = middle;
    }
  }
  return ranges.reverse();
}

/**
 * The subtrees whose roots, in this order, prove that the tree of `size` leaves extends the tree of
 * its first `earlier` leaves (RFC 9162 section 2.1.4.1). Empty for equal sizes.
 *
 * @throws RangeError unless 0 < earlier <= size.
 */
export function consistencyRanges(earlier: number, size: number): readonly LeafRange[] {
  if (!isCount(earlier) || !isCount(size) || earlier < 1 || earlier > size) {
    throw new RangeError(`no consistency from ${earlier} to ${size}`);
  }
  const ranges: LeafRange[] = [];
  let from = 0;
  let to = size;
  while (to !== earlier) {
    const middle = from + splitPoint(to - from);
    if (earlier <= middle) {
      ranges.push({ from: middle, to });
      to = middle;
    } else {
      ranges.push({ from, to: middle });
      from = middle;
    }
  }
  // If the earlier tree is a complete subtree, the verifier knows its root: leave it out.
  if (from > 0) ranges.push({ from, to });
  return ranges.reverse();
}

/** Whether `proof` shows that `leaf` is leaf `index` of the tree (RFC 9162 section 2.1.3.2). */
export function verifyInclusion(given: {
  index: number;
  size: number;
  leaf: Hash;
  root: Hash;
  proof: readonly Hash[];
}): boolean {
  if (!isCount(given.index) || !isCount(given.size) || given.index >= given.size) return false;
  let place = given.index;
  let last = given.size - 1;
  let hash = given.leaf;
  for (const step of given.proof) {
    if (last === 0) return false;
    if (isOdd(place) || place === last) {
      hash = nodeHash(step, hash);
      // Skip levels where the right edge of an incomplete tree has no sibling.
      while (!isOdd(place) && place !== 0) [place, last] = [half(place), half(last)];
    } else {
      hash = nodeHash(hash, step);
    }
    [place, last] = [half(place), half(last)];
  }
  return last === 0 && same(hash, given.root);
}

/** Whether `proof` shows that the later tree extends the earlier (RFC 9162 section 2.1.4.2). */
export function verifyConsistency(given: {
  earlier: number;
  earlierRoot: Hash;
  size: number;
  root: Hash;
  proof: readonly Hash[];
}): boolean {
  const { earlier, size } = given;
  if (!isCount(earlier) || !isCount(size) || earlier < 1 || earlier > size) return false;
  if (earlier === size) return given.proof.length === 0 && same(given.earlierRoot, given.root);
  const path = isPowerOfTwo(earlier) ? [given.earlierRoot, ...given.proof] : [...given.proof];
  const [first, ...steps] = path;
  if (first === undefined || steps.length === 0) return false;
  let place = earlier - 1;
  let last = size - 1;
  while (isOdd(place)) [place, last] = [half(place), half(last)];
  let before = first;
  let after = first;
  for (const step of steps) {
    if (last === 0) return false;
    if (isOdd(place) || place === last) {
      before = nodeHash(step, before);
      after = nodeHash(step, after);
      while (!isOdd(place) && place !== 0) [place, last] = [half(place), half(last)];
    } else {
      after = nodeHash(after, step);
    }
    [place, last] = [half(place), half(last)];
  }
  return last === 0 && same(before, given.earlierRoot) && same(after, given.root);
}

// Arithmetic, not bit operators, which wrap around at 2^31.
const isCount = (value: number) => Number.isSafeInteger(value) && value >= 0;
const isOdd = (value: number) => value % 2 === 1;
const half = (value: number) => Math.floor(value / 2);

function isPowerOfTwo(value: number): boolean {
  let rest = value;
  while (rest > 1 && !isOdd(rest)) rest = half(rest);
  return rest === 1;
}

function same(left: Hash, right: Hash): boolean {
  return Buffer.compare(left, right) === 0;
}
