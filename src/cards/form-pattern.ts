const CLASS = String.raw`(?:[\w !"#%',/:;<=>@~.*+?$(){}|\x60\-]|\\[dw.*+?^$()[\]{}|\\/\-])+\]`;

/**
 * The syntax that RE2 and JavaScript interpret alike, with and without the flag `u`. Left out are
 * `\s` and `.` (JavaScript knows more spaces and line breaks), flags, Unicode classes, and `[^...]`
 * (without the flag it matches half an emoji).
 */
const PIECES = [
  String.raw`[\w !"#%&',/:;<=>@~\x60\-\u00a1-\ud7ff]`,
  String.raw`\\[dwtnrf.*+?^$()[\]{}|\\/]`,
  String.raw`\[${CLASS}`,
  String.raw`[\^$|*+?]|\{\d+(?:,\d*)?\}`,
  // No repeated group: JavaScript backtracks, and (a+)+ could hang the client.
  String.raw`\((?:\?:|(?!\?))|\)(?![*+{])`,
];
const AGREED = new RegExp(`^(?:${PIECES.join('|')})*$`);
const UNBOUNDED = /[*+]|,\}/g;
const MAX_UNBOUNDED = 3;

/**
 * The JavaScript expression of an input for a field's RE2 pattern, which must match the whole
 * value. Undefined where the two dialects may differ or JavaScript may be slow. Then only the
 * service checks the value, so that a form never rejects what the service accepts.
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
