import { joinedKey } from '../../../src/lib/joined-key.ts';

/** Reads a key back; a key that can be read in one way only is of no other parts. */
function partsOf(key: string): (string | null)[] {
  const parts: (string | null)[] = [];
  for (let rest = key; rest !== '';) {
    const [head = '', digits = ''] = /^(?:-|(\d+):)/.exec(rest) ?? [];
    if (head === '') throw new Error(`no key: ${rest}`);
    const end = head.length + (head === '-' ? 0 : Number(digits));
    parts.push(head === '-' ? null : rest.slice(head.length, end));
    rest = rest.slice(end);
  }
  return parts;
}

/** Pieces that meet under a separator, an escape, a length or a type. */
const PIECES = [
  '',
  'a',
  '|',
  ':',
  '-',
  '1:',
  '1:a',
  '0:',
  '"',
  '\\',
  '],[',
  'null',
  '\ud800',
  '\n',
];

test('the keys of different parts differ', () => {
  const texts = [null, ...PIECES.flatMap((one) => PIECES.map((two) => one + two))];
  const lists = texts.flatMap((one) => [[one], ...texts.map((two) => [one, two])]);
  for (const one of PIECES) {
    for (const two of PIECES) for (const three of PIECES) lists.push([one, two, three]);
  }
  const distinct = new Set(lists.map((list) => JSON.stringify(list)));
  expect(new Set(lists.map((list) => joinedKey(...list))).size).toBe(distinct.size);
});

test('a key of any parts reads back as these parts', () => {
  let seed = 7;
  const next = (limit: number) => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) % limit;
  const character = () =>
    next(2) === 0 ? '0123456789:-|'.charAt(next(13)) : String.fromCharCode(next(0x1_0000));
  for (let round = 0; round < 20_000; round += 1) {
    const parts = Array.from({ length: next(5) }, () =>
      next(8) === 0 ? null : Array.from({ length: next(14) }, character).join(''),
    );
    expect(partsOf(joinedKey(...parts))).toEqual(parts);
  }
});
