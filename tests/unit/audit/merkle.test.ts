import { createHash } from 'node:crypto';
import fc from 'fast-check';
import {
  createFrontier,
  decodeHash,
  emptyRoot,
  encodeHash,
  frontierAt,
  leafHash,
  nodeHash,
} from '../../../src/audit/merkle.ts';
import type { Hash } from '../../../src/audit/merkle.ts';

// The test vectors of the reference implementations of RFC 6962.
const LEAVES = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
].map((hex) => Buffer.from(hex, 'hex'));
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];
const hex = (hash: Hash) => Buffer.from(hash).toString('hex');

/** The definition of RFC 9162, section 2.1.1, implemented literally. */
function naiveRoot(leaves: readonly Hash[]): Hash {
  const [only] = leaves;
  if (only === undefined) return createHash('sha256').digest();
  if (leaves.length === 1) return only;
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return nodeHash(naiveRoot(leaves.slice(0, split)), naiveRoot(leaves.slice(split)));
}

describe('the Merkle tree of the audit log', () => {
  test('continues from size and peaks alone', () => {
    const whole = createFrontier();
    for (let size = 0; size <= 130; size += 1) {
      const resumed = frontierAt(size, whole.peaks());
      expect(resumed?.size).toBe(size);
      expect(hex(resumed?.root() ?? emptyRoot())).toBe(hex(whole.root()));
      const leaf = leafHash(Buffer.from([size]));
      whole.append(leaf);
      resumed?.append(leaf);
      expect(hex(resumed?.root() ?? emptyRoot())).toBe(hex(whole.root()));
    }
  });

  test('rejects a number of peaks that does not fit the size', () => {
    const hash = leafHash(Buffer.from('a'));
    expect(frontierAt(5, [hash])).toBeUndefined();
    expect(frontierAt(5, [hash, hash, hash])).toBeUndefined();
    expect(frontierAt(-1, [])).toBeUndefined();
    expect(frontierAt(0.5, [])).toBeUndefined();
    expect(frontierAt(Number.MAX_SAFE_INTEGER, Array<Hash>(53).fill(hash))?.size).toBe(
      Number.MAX_SAFE_INTEGER,
    );
    expect(frontierAt(Number.MAX_SAFE_INTEGER + 1, [hash])).toBeUndefined();
  });

  test('gives the roots of the known test vectors', () => {
    const frontier = createFrontier();
    expect(hex(emptyRoot())).toBe(ROOTS[0]);
    expect(hex(frontier.root())).toBe(ROOTS[0]);
    LEAVES.forEach((leaf, at) => {
      frontier.append(leafHash(leaf));
      expect(frontier.size).toBe(at + 1);
      expect(hex(frontier.root())).toBe(ROOTS[at + 1]);
    });
  });

  test('hashes a leaf and a node of the same bytes differently', () => {
    const left = leafHash(Buffer.from('a'));
    const right = leafHash(Buffer.from('b'));
    expect(hex(leafHash(Buffer.concat([left, right])))).not.toBe(hex(nodeHash(left, right)));
  });

  test('agrees with the definition for any leaves', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 8 }), { maxLength: 70 }), (data) => {
        const hashes = data.map(leafHash);
        const frontier = createFrontier();
        hashes.forEach((hash) => frontier.append(hash));
        expect(hex(frontier.root())).toBe(hex(naiveRoot(hashes)));
      }),
    );
  });

  test('a copy grows independently of its original', () => {
    const frontier = createFrontier();
    LEAVES.slice(0, 3).forEach((leaf) => frontier.append(leafHash(leaf)));
    const copy = frontier.copy();
    copy.append(leafHash(Buffer.from('40')));
    expect(frontier.size).toBe(3);
    expect(hex(frontier.root())).toBe(ROOTS[3]);
    expect(copy.size).toBe(4);
  });

  test('accepts a hash only in its canonical text', () => {
    const text = encodeHash(emptyRoot());
    expect(hex(decodeHash(text) ?? new Uint8Array())).toBe(ROOTS[0]);
    for (const other of [`${text}=`, `${text}A`, text.slice(0, -1), '', ` ${text}`]) {
      expect(decodeHash(other)).toBeUndefined();
    }
    // The last of 43 characters carries four bits only: its neighbour decodes to the same bytes.
    const last = text.at(-1) ?? '';
    const neighbour = String.fromCharCode(last.charCodeAt(0) + 1);
    expect(decodeHash(text.slice(0, -1) + neighbour)).toBeUndefined();
  });
});
