import { readPattern } from '../lib/pattern.ts';

/** Steps that one value may take: about a tenth of a second. */
const MAX_STEPS = 250_000;

/** Syntax of other dialects that RE2 does not have, and what to write instead. */
const INSTEAD: readonly (readonly [part: RegExp, advice: string])[] = [
  [
    /^\(\?<?[=!]/,
    'a pattern without look-around, which RE2 does not have: list what the whole value may be, ' +
      'such as (prod|test)-[a-z]+',
  ],
  [
    /^\\[1-9k]/,
    'a pattern without back-references, which RE2 does not have: spell the cases out, such as ' +
      '"[^"]*"|\'[^\']*\', or use two fields',
  ],
  [/^\\u/, 'a code point as \\x{...}, such as \\x{e9}'],
  [/^\\[pP]\{/, 'a Unicode class by its short name or script, such as \\p{L} or \\p{Greek}'],
  [/^\(\?>|^[*+?}]\+$/, 'a plain repeat: RE2 never backtracks, so nothing has to be possessive'],
  [/^\{/, 'at most 1,000 repeats, nested ones multiplied, the lower bound first'],
];

/**
 * What to write in place of a field's pattern, in words; undefined where it is good. Patterns run
 * on text that requesters choose: RE2 takes linear time, and a pattern whose many repeats would
 * still cost too many steps for each character is refused.
 */
export function patternProblem(pattern: string, maxLength: number): string | undefined {
  const read = readPattern(pattern);
  if (!read.ok) {
    const advice = INSTEAD.find(([part]) => part.test(read.part))?.[1] ?? 'RE2 syntax';
    return `${advice} (${read.reason}: ${read.part})`;
  }
  if (read.steps * maxLength <= MAX_STEPS) return undefined;
  return (
    `fewer repeats, or maxLength smaller than ${maxLength} (at most ${MAX_STEPS} steps; here ` +
    `${read.steps} for each character)`
  );
}
