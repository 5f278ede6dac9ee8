import fc from 'fast-check';
import { scanJson } from '../../../src/lib/scan-json.ts';
import { isoDuration, parseDuration } from '../../../src/lib/duration.ts';

/** Depth of a parsed value. */
function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

/** Texts that may contain a key that is always rejected. */
const odd = (text: string): boolean => text.includes('__proto__') || text.includes('\\\\');

/** A key with every UTF-16 unit written as an escape. */
function escaped(key: string): string {
  const units = key.split('').map((unit) => unit.charCodeAt(0).toString(16).padStart(4, '0'));
  return `"${units.map((unit) => `\\u${unit}`).join('')}"`;
}

describe('scanJson', () => {
  test('accepts every JSON text within the depth, with any white space', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), fc.integer({ min: 0, max: 3 }), (text, gap) => {
        fc.pre(!odd(text));
        const value: unknown = JSON.parse(text);
        expect(scanJson(JSON.stringify(value, null, gap), 32)).toBeUndefined();
      }),
    );
  });

  test('counts the depth as a parser does', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), (text) => {
        fc.pre(!odd(text));
        const depth = depthOf(JSON.parse(text));
        expect(scanJson(text, depth)).toBeUndefined();
        if (depth > 0) expect(scanJson(text, depth - 1)?.code).toBe('json_too_deep');
      }),
    );
  });

  test('finds a repeated key at any depth and in any spelling', () => {
    const anyKey = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(anyKey, fc.json({ maxDepth: 2 }), fc.boolean(), (key, value, escape) => {
        fc.pre(key !== '__proto__' && key.isWellFormed() && !key.includes('\\') && !odd(value));
        const plain = JSON.stringify(key);
        const other = escape ? escaped(key) : plain;
        const text = `[{"x": ${value}}, {${plain}: ${value}, ${other}: 1}]`;
        expect(scanJson(text, 32)?.code).toBe('json_duplicate_key');
      }),
    );
  });

  test('takes linear time for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'{}[]":,\\ax') }), (text) => {
        scanJson(text, 8);
      }),
    );
    const started = performance.now();
    for (const text of ['"', '\\"', '{"a":', '[', '"\\', ':', '"a":']) {
      scanJson(text.repeat(262_144 / text.length), 32);
    }
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});

test('isoDuration writes what parseDuration reads', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 366 * 86_400 }), (seconds) => {
      expect(parseDuration(isoDuration(seconds * 1_000))).toBe(seconds * 1_000);
    }),
  );
  expect([0, 5_400_000, 86_400_000, 28_800_000].map(isoDuration)).toEqual([
    'PT0S',
    'PT1H30M',
    'P1D',
    'PT8H',
  ]);
});
