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
  return descend(index, size, ({ from, to }) => to - from === 1).siblings;
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
  const { range, siblings } = descend(earlier - 1, size, ({ to }) => to === earlier);
  // If the earlier tree is a complete subtree, the verifier knows its root: leave it out.
  return range.from > 0 ? [range, ...siblings] : siblings;
}

/** Descends to a leaf until `ended`: the range reached, and the siblings passed, lowest first. */
function descend(
  leaf: number,
  size: number,
  ended: (range: LeafRange) => boolean,
): { readonly range: LeafRange; readonly siblings: readonly LeafRange[] } {
  const siblings: LeafRange[] = [];
  let range: LeafRange = { from: 0, to: size };
  while (!ended(range)) {
    const middle = range.from + splitPoint(range.to - range.from);
    const left = { from: range.from, to: middle };
    const right = { from: middle, to: range.to };
    siblings.unshift(leaf < middle ? right : left);
    range = leaf < middle ? left : right;
  }
  return { range, siblings };
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
  let hash = given.leaf;
  const place = { at: given.index, last: given.size - 1 };
  const reached = climb(place, given.proof, (step, isLeft) => {
    hash = isLeft ? nodeHash(step, hash) : nodeHash(hash, step);
  });
  return reached && same(hash, given.root);
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
  let at = earlier - 1;
  let last = size - 1;
  while (isOdd(at)) [at, last] = [half(at), half(last)];
  // An earlier tree whose size is a power of two is a complete subtree: its root is no step.
  const [first, ...steps] = at === 0 ? [given.earlierRoot, ...given.proof] : given.proof;
  if (first === undefined || steps.length === 0) return false;
  let before = first;
  let after = first;
  const reached = climb({ at, last }, steps, (step, isLeft) => {
    if (isLeft) before = nodeHash(step, before);
    after = isLeft ? nodeHash(step, after) : nodeHash(after, step);
  });
  return reached && same(before, given.earlierRoot) && same(after, given.root);
}

/** Climbs from a node, one step for each sibling; whether that ends exactly at the root. */
function climb(
  place: { at: number; last: number },
  proof: readonly Hash[],
  step: (sibling: Hash, isLeft: boolean) => void,
): boolean {
  let { at, last } = place;
  for (const sibling of proof) {
    if (last === 0) return false;
    const isLeft = isOdd(at) || at === last;
    step(sibling, isLeft);
    // Skip levels where the right edge of an incomplete tree has no sibling.
    while (isLeft && !isOdd(at) && at !== 0) [at, last] = [half(at), half(last)];
    [at, last] = [half(at), half(last)];
  }
  return last === 0;
}

// Arithmetic, not bit operators, which wrap around at 2^31.
const isCount = (value: number) => Number.isSafeInteger(value) && value >= 0;
const isOdd = (value: number) => value % 2 === 1;
const half = (value: number) => Math.floor(value / 2);

function same(left: Hash, right: Hash): boolean {
  return Buffer.compare(left, right) === 0;
}
