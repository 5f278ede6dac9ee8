import { joinedKey } from '../../../src/lib/joined-key.ts';

/** Texts that would meet under some separator, escape or type. */
const PIECES = [
  '',
  'a',
  'b',
  '|',
  ':',
  '"',
  '\\',
  ',',
  '[',
  ']',
  'null',
  '1',
  '\ud800',
  '\ufffd',
  '\n',
  'é',
  'e\u0301',
];

test('the key of one list of parts is never that of another', () => {
  const lists: (readonly (string | number | null)[])[] = [[], [null], [1]];
  const texts = PIECES.flatMap((one) => PIECES.map((two) => one + two));
  for (const one of texts) {
    lists.push([one]);
    for (const two of texts) lists.push([one, two]);
  }
  for (const one of PIECES) {
    for (const two of PIECES)
      for (const three of PIECES) lists.push([one, two, three], [one, null, two]);
  }
  const distinct = new Set(
    lists.map((list) =>
      list
        .map(
          (part) =>
            `${typeof part}${[...String(part)].map((_, at) => String(part).charCodeAt(at)).join()}`,
        )
        .join(';'),
    ),
  );
  expect(new Set(lists.map((list) => joinedKey(...list))).size).toBe(distinct.size);
});

test('reads back as the parts', () => {
  let seed = 7;
  const next = (limit: number) => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) % limit;
  for (let round = 0; round < 5_000; round += 1) {
    const parts = Array.from({ length: next(5) }, () =>
      Array.from({ length: next(6) }, () => String.fromCharCode(next(0x1_0000))).join(''),
    );
    expect(JSON.parse(joinedKey(...parts))).toEqual(parts);
  }
});
