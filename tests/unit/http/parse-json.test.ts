import fc from 'fast-check';
import { HttpProblem } from '../../../src/http/problem.ts';
import { parseJson } from '../../../src/http/read-body.ts';
import { scanJson } from '../../../src/lib/scan-json.ts';

const DEPTH = 6;

/** What the closer look and JSON.parse say of a text: its value, or a problem's code. */
function expected(text: string): unknown {
  const fault = scanJson(text, DEPTH);
  if (fault !== undefined) return fault.code;
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return 'json_invalid';
  }
}

function found(text: string): unknown {
  try {
    return { value: parseJson(Buffer.from(text), DEPTH) };
  } catch (error) {
    if (error instanceof HttpProblem) return error.code;
    throw error;
  }
}

/** Objects that name few keys in many ways, so that they name them twice. */
const keys = fc.constantFrom(
  '"a"',
  '"\\u0061"',
  '"b"',
  '"__proto__"',
  '"__pr\\u006fto__"',
  '"\\u005f_proto__"',
  '"\\""',
  '":"',
  '"\\\\"',
  '""',
);
const { tree } = fc.letrec<{ tree: string }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom('1', 'null', '":"', '"{"', '"\\\\"', '"__proto__"', '[]', '{}', '"\\u00e9"'),
    fc.array(tie('tree'), { maxLength: 3 }).map((items) => `[${items.join(',')}]`),
    fc
      .array(fc.tuple(keys, tie('tree')), { maxLength: 3 })
      .map((members) => `{${members.map(([key, value]) => `${key}: ${value}`).join(',')}}`),
  ),
}));

test('what is taken and what is refused is what a closer look at the whole text says', () => {
  const seen = new Set<unknown>();
  fc.assert(
    fc.property(tree, (text) => {
      const wanted = expected(text);
      seen.add(typeof wanted === 'string' ? wanted : 'taken');
      expect(found(text)).toEqual(wanted);
    }),
    { numRuns: 3_000 },
  );
  expect([...seen]).toEqual(
    expect.arrayContaining(['json_duplicate_key', 'json_invalid', 'taken']),
  );
});

test('so it is with texts that are no JSON, and with those that nest too deep', () => {
  const broken = fc.string({ unit: fc.constantFrom(...'{}[]":,\\a1 '), maxLength: 24 });
  fc.assert(
    fc.property(broken, (text) => {
      expect(found(text)).toEqual(expected(text));
    }),
    { numRuns: 3_000 },
  );
  for (const text of ['['.repeat(7) + ']'.repeat(7), '{"a":'.repeat(7) + '1' + '}'.repeat(7)]) {
    expect(found(text)).toBe('json_too_deep');
  }
});
