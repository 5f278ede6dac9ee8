import fc from 'fast-check';
import { leafHash, nodeHash } from '../../../src/audit/merkle.ts';
import type { Hash } from '../../../src/audit/merkle.ts';
import {
  consistencyRanges,
  inclusionRanges,
  verifyConsistency,
  verifyInclusion,
} from '../../../src/audit/proofs.ts';
import type { LeafRange } from '../../../src/audit/proofs.ts';

const leavesOf = (count: number) =>
  Array.from({ length: count }, (_, at) => leafHash(Buffer.from(`leaf ${at}`)));

function rootOf(leaves: readonly Hash[]): Hash {
  const [first, ...rest] = leaves;
  if (first === undefined) throw new Error('no leaves');
  if (rest.length === 0) return first;
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return nodeHash(rootOf(leaves.slice(0, split)), rootOf(leaves.slice(split)));
}

const prove = (leaves: readonly Hash[], ranges: readonly LeafRange[]) =>
  ranges.map(({ from, to }) => rootOf(leaves.slice(from, to)));
const flip = (hash: Hash) => Uint8Array.from(hash, (byte, at) => (at === 0 ? byte ^ 1 : byte));
const at = <Item>(items: readonly Item[], index: number): Item => {
  const item = items[index];
  if (item === undefined) throw new Error(`no item ${index}`);
  return item;
};
const sizes = fc.integer({ min: 1, max: 90 });

describe('inclusion proofs', () => {
  test('equal the example of RFC 9162, section 2.1.5: seven leaves', () => {
    expect(inclusionRanges(0, 7)).toEqual([
      { from: 1, to: 2 },
      { from: 2, to: 4 },
      { from: 4, to: 7 },
    ]);
    expect(inclusionRanges(3, 7)).toEqual([
      { from: 2, to: 3 },
      { from: 0, to: 2 },
      { from: 4, to: 7 },
    ]);
    expect(inclusionRanges(4, 7)).toEqual([
      { from: 5, to: 6 },
      { from: 6, to: 7 },
      { from: 0, to: 4 },
    ]);
    expect(inclusionRanges(6, 7)).toEqual([
      { from: 4, to: 6 },
      { from: 0, to: 4 },
    ]);
  });

  test('hold for every leaf of any tree, and for no other leaf, index or root', () => {
    fc.assert(
      fc.property(sizes, fc.nat(), (size, pick) => {
        const index = pick % size;
        const leaves = leavesOf(size);
        const claim = {
          index,
          size,
          leaf: at(leaves, index),
          root: rootOf(leaves),
          proof: prove(leaves, inclusionRanges(index, size)),
        };
        expect(verifyInclusion(claim)).toBe(true);
        expect(verifyInclusion({ ...claim, leaf: flip(claim.leaf) })).toBe(false);
        expect(verifyInclusion({ ...claim, root: flip(claim.root) })).toBe(false);
        expect(verifyInclusion({ ...claim, proof: [...claim.proof, claim.leaf] })).toBe(false);
        expect(verifyInclusion({ ...claim, index: size })).toBe(false);
        expect(verifyInclusion({ ...claim, index: -1 })).toBe(false);
        if (size > 1) {
          expect(verifyInclusion({ ...claim, index: (index + 1) % size })).toBe(false);
          expect(verifyInclusion({ ...claim, proof: claim.proof.slice(1) })).toBe(false);
        }
      }),
    );
  });

  test('hold in a tree larger than 2^32 leaves', () => {
    // All leaves are equal, so that all complete subtrees of one size have one root.
    const size = 2 ** 40;
    const leaf = leafHash(Buffer.from('same'));
    const roots = new Map<number, Hash>([[1, leaf]]);
    for (let leaves = 2; leaves <= size; leaves *= 2) {
      const half = roots.get(leaves / 2) ?? leaf;
      roots.set(leaves, nodeHash(half, half));
    }
    const index = 2 ** 39 + 5;
    const proof = inclusionRanges(index, size).map(({ from, to }) => roots.get(to - from) ?? leaf);
    const root = roots.get(size) ?? leaf;
    expect(proof).toHaveLength(40);
    expect(verifyInclusion({ index, size, leaf, root, proof })).toBe(true);
    expect(verifyInclusion({ index, size: size * 2, leaf, root, proof })).toBe(false);
  });

  test('are rejected for missing leaves', () => {
    for (const [index, size] of [
      [3, 3],
      [-1, 3],
      [0, 0],
      [0.5, 3],
    ] as const) {
      expect(() => inclusionRanges(index, size)).toThrow(RangeError);
    }
  });
});

describe('consistency proofs', () => {
  test('equal the example of RFC 9162, section 2.1.5: from 3, 4 and 6 to seven leaves', () => {
    expect(consistencyRanges(3, 7)).toEqual([
      { from: 2, to: 3 },
      { from: 3, to: 4 },
      { from: 0, to: 2 },
      { from: 4, to: 7 },
    ]);
    expect(consistencyRanges(4, 7)).toEqual([{ from: 4, to: 7 }]);
    expect(consistencyRanges(6, 7)).toEqual([
      { from: 4, to: 6 },
      { from: 6, to: 7 },
      { from: 0, to: 4 },
    ]);
  });

  test('hold for any growth, and for no changed past', () => {
    fc.assert(
      fc.property(sizes, fc.nat(), fc.nat(), (size, pick, other) => {
        const earlier = 1 + (pick % size);
        const leaves = leavesOf(size);
        const claim = {
          earlier,
          size,
          earlierRoot: rootOf(leaves.slice(0, earlier)),
          root: rootOf(leaves),
          proof: prove(leaves, consistencyRanges(earlier, size)),
        };
        expect(verifyConsistency(claim)).toBe(true);
        expect(verifyConsistency({ ...claim, earlierRoot: flip(claim.earlierRoot) })).toBe(false);
        expect(verifyConsistency({ ...claim, root: flip(claim.root) })).toBe(false);
        expect(verifyConsistency({ ...claim, proof: [...claim.proof, claim.root] })).toBe(false);
        const changed = other % earlier;
        const rewritten = leaves.map((leaf, index) => (index === changed ? flip(leaf) : leaf));
        expect(
          verifyConsistency({
            ...claim,
            root: rootOf(rewritten),
            proof: prove(rewritten, consistencyRanges(earlier, size)),
          }),
        ).toBe(false);
        if (earlier < size) expect(verifyConsistency({ ...claim, proof: [] })).toBe(false);
      }),
    );
  });

  test('are rejected for impossible sizes', () => {
    const root = leafHash(Buffer.from('a'));
    for (const [earlier, size] of [
      [0, 3],
      [4, 3],
      [1.5, 3],
      [-1, 3],
    ] as const) {
      expect(() => consistencyRanges(earlier, size)).toThrow(RangeError);
      const claim = { earlier, size, earlierRoot: root, root, proof: [] };
      expect(verifyConsistency(claim)).toBe(false);
    }
  });
});
