/** What stands where a sign was that people cannot see. */
export const UNSEEN = '\uFFFD';

const PLAIN = /^[\x20-\x7A|}~\n]*$/;

// Signs that show nothing, or that turn around or hide what follows: controls, bidirectional
// marks (CVE-2021-42574), zero-width and filler signs, tags, variation selectors. Those that
// writing needs are spared: joiners inside emoji and in the scripts that join, selectors of emoji.
const HIDDEN = new RegExp(
  [
    String.raw`[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5]`,
    String.raw`[\u180B-\u180F\u200B\u200E\u200F\u2028-\u202E\u2060-\u206F\u2800\u3164\uFEFF\uFFA0]`,
    String.raw`[\uFFF0-\uFFFB\u{E0000}-\u{E0FFF}\uFE00-\uFE0D]`,
    String.raw`(?<![\u0600-\u0DFF])\u200C`,
    String.raw`(?<![\u0600-\u0DFF\p{Extended_Pictographic}\p{Emoji_Modifier}\uFE0F])\u200D`,
    String.raw`\u200D(?![\u0600-\u0DFF\p{Extended_Pictographic}])`,
    String.raw`(?<![\p{Extended_Pictographic}\p{Emoji_Component}#*0-9])[\uFE0E\uFE0F]`,
  ].join('|'),
  'gu',
);

// More marks on one letter than any script piles up: they would cover the lines around.
const PILED = /(\p{M}{8})\p{M}+/gu;

// Clients put a date of their own in the place of this, also in plain runs of text.
const CLIENT_FUNCTION = /\{\{(?=(?:DATE|TIME)\()/gi;

/** What people typed, as a card may show it. */
export interface ShownText {
  readonly text: string;
  /** False where something was left out at the end. */
  readonly whole: boolean;
}

export interface Room {
  /** At most so many characters (code points). */
  readonly characters: number;
  /** At most so many lines; 1 shows line ends as a sign. */
  readonly lines: number;
}

/**
 * Untrusted text for an element that shows plain text: line ends are kept, tabs are spaces, and
 * whatever people cannot see is shown as `UNSEEN`. It is no longer the text that was stored.
 */
export function visible(text: string): string {
  if (PLAIN.test(text)) return indented(text);
  const lines = text.replaceAll('\r\n', '\n').replaceAll('\r', '\n').replaceAll('\t', '    ');
  return indented(
    lines
      .replace(HIDDEN, UNSEEN)
      .replace(PILED, `$1${UNSEEN}`)
      .replace(CLIENT_FUNCTION, '{\u2060{'),
  );
}

/** The same on one line; line ends are shown as a sign. */
export function oneLine(text: string): string {
  return visible(text).replaceAll('\n', '↵');
}

/** Untrusted text, cut to the room that there is for it. */
export function fit(text: string, room: Room): ShownText {
  const shown = room.lines === 1 ? oneLine(text) : visible(text);
  if (shown.length <= room.characters && !shown.includes('\n')) return { text: shown, whole: true };
  const lines = shown.split('\n');
  const fewer = lines.length > room.lines ? lines.slice(0, room.lines).join('\n') : shown;
  const cut = shorten(fewer, room.characters);
  return cut === shown ? { text: shown, whole: true } : { text: `${cut}…`, whole: false };
}

/** A name or label in a sentence: one line, at most `characters` long. */
export function name(text: string, characters = 80): string {
  const { text: shown } = fit(text, { characters, lines: 1 });
  return isolate(shown);
}

// Letters written from right to left would pull the signs beside them to their other side.
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

// Cards fold spaces at the start of a line; structured text (YAML, JSON) would lose its meaning.
function indented(text: string): string {
  if (!text.includes('\n ')) return text;
  return text.replace(/\n {1,24}/g, (start) => `\n${'\u00A0'.repeat(start.length - 1)}`);
}
