const CLASS = String.raw`(?:[\w !"#%',/:;<=>@~.*+?$(){}|\x60\-]|\\[dw.*+?^$()[\]{}|\\/\-])+\]`;

/**
 * The pieces that RE2 and JavaScript read alike, with and without JavaScript's flag `u`. Not among
 * them: `\s` and `.` (JavaScript knows more spaces and line ends), flags, Unicode classes, and
 * `[^...]`, which meets the two halves of an emoji one by one without the flag.
 */
const PIECES = [
  String.raw`[\w !"#%&',/:;<=>@~\x60\-\u00a1-\ud7ff]`,
  String.raw`\\[dwtnrf.*+?^$()[\]{}|\\/]`,
  String.raw`\[${CLASS}`,
  String.raw`[\^$|*+?]|\{\d+(?:,\d*)?\}`,
  // No repeated group: JavaScript backtracks, and (a+)+ would hang the client of who types.
  String.raw`\((?:\?:|(?!\?))|\)(?![*+{])`,
];
const AGREED = new RegExp(`^(?:${PIECES.join('|')})*$`);
const UNBOUNDED = /[*+]|,\}/g;
const MAX_UNBOUNDED = 3;

/**
 * The JavaScript expression of a form's input for a field's pattern, which is RE2 and holds for
 * the whole value. Undefined where the two dialects may differ or JavaScript may be slow: then the
 * service alone checks the value, so a form never refuses what the service takes.
 */
export function formPattern(pattern: string | null): string | undefined {
  if (pattern === null || !AGREED.test(pattern)) return undefined;
  if ((pattern.match(UNBOUNDED)?.length ?? 0) > MAX_UNBOUNDED) return undefined;
  const whole = `^(?:${pattern})$`;
  return compiles(whole, 'u') && compiles(whole, '') ? whole : undefined;
}

function compiles(source: string, flags: string): boolean {
  try {
    new RegExp(source, flags);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
