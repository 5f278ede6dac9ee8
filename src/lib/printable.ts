/**
 * C0 and C1 control characters except tab and line feed, line and paragraph separators, and the
 * characters that change the direction of text (Unicode TR9, section 2).
 */
const CONTROLS = String.raw`\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069`;
const EACH = new RegExp(`[${CONTROLS}]`, 'g');
const RUNS = new RegExp(`[\\t\\n${CONTROLS}]+`, 'g');

/**
 * Text for a terminal or a log, with control characters written as `\u009b`: data cannot move the
 * cursor, rewrite what was printed or turn its direction. Inside JSON the escape means the same
 * character, so the value stays.
 */
export function printable(text: string): string {
  return text.replace(
    EACH,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Text on one line, with a space in place of control characters, tabs and line feeds. */
export function onOneLine(text: string): string {
  return text.replace(RUNS, ' ');
}
