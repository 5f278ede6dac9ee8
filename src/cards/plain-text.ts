import { markHidden, UNSEEN } from '../lib/hidden-characters.ts';

const PLAIN = /^[\x20-\x7A|}~\n]*$/;

// More combining marks on one letter than any script uses would cover the lines around it.
const PILED = /(\p{M}{8})\p{M}+/gu;

// Clients replace these functions by a date or time, even in plain text runs.
const CLIENT_FUNCTION = /\{\{(?=(?:DATE|TIME)\()/gi;

/** User text, made safe for a card. */
export interface ShownText {
  readonly text: string;
  /** False where the end was cut off. */
  readonly whole: boolean;
}

export interface Room {
  /** Maximum length in characters (code points). */
  readonly characters: number;
  /** Maximum number of lines; with 1, line breaks are shown as a sign. */
  readonly lines: number;
}

/**
 * Makes untrusted text safe for a plain-text element: keeps line breaks, turns tabs into spaces,
 * and marks hidden characters (`markHidden`). The result differs from the stored text.
 */
export function visible(text: string): string {
  if (PLAIN.test(text)) return indented(text);
  const lines = text.replaceAll('\r\n', '\n').replaceAll('\r', '\n').replaceAll('\t', '    ');
  return indented(
    markHidden(lines).replace(PILED, `$1${UNSEEN}`).replace(CLIENT_FUNCTION, '{\u2060{'),
  );
}

/** The same on one line; line breaks are shown as a sign. */
export function oneLine(text: string): string {
  return visible(text).replaceAll('\n', '↵');
}

/** Untrusted text, made safe and cut to the given room. */
export function fit(text: string, room: Room): ShownText {
  const shown = room.lines === 1 ? oneLine(text) : visible(text);
  if (shown.length <= room.characters && !shown.includes('\n')) return { text: shown, whole: true };
  const lines = shown.split('\n');
  const fewer = lines.length > room.lines ? lines.slice(0, room.lines).join('\n') : shown;
  const cut = shorten(fewer, room.characters);
  return cut === shown ? { text: shown, whole: true } : { text: `${cut}…`, whole: false };
}

/** A name or label for a sentence: one line of at most `characters`. */
export function name(text: string, characters = 80): string {
  const { text: shown } = fit(text, { characters, lines: 1 });
  return isolate(shown);
}

// Right-to-left letters would reorder the characters beside them.
const RIGHT_TO_LEFT =
  /[\u0590-\u08FF\uFB1D-\uFDFF\uFE70-\uFEFC\u{10800}-\u{10FFF}\u{1E800}-\u{1EFFF}]/u;

function isolate(text: string): string {
  return RIGHT_TO_LEFT.test(text) ? `\u2068${text}\u2069` : text;
}

function shorten(text: string, characters: number): string {
  if (text.length <= characters) return text;
  let end = 0;
  let count = 0;
  for (const sign of text) {
    if (count === characters) break;
    count += 1;
    end += sign.length;
  }
  return text.slice(0, end);
}

// Clients collapse leading spaces, which changes the meaning of YAML and the like.
function indented(text: string): string {
  if (!text.includes('\n ')) return text;
  return text.replace(/\n {1,24}/g, (start) => `\n${'\u00A0'.repeat(start.length - 1)}`);
}
