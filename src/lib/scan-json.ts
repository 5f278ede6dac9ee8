/** Why a JSON text is not taken. */
export type JsonFault = {
  readonly code: 'json_too_deep' | 'json_duplicate_key' | 'json_invalid';
  readonly detail: string;
};

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const COLON = 0x3a;

/**
 * Looks through JSON text for what JSON.parse lets pass: nesting deeper than `maxDepth`, a key
 * named twice in one object (RFC 8259 §4 leaves its meaning open, so two readers may differ), the
 * key `__proto__`, and a key that holds a backslash. One pass, no recursion; the grammar itself is
 * left to JSON.parse.
 *
 * A backslash, because V8 12.8 and later remember it: having met the JSON key `"\\"`, they read
 * `"\""` or `"\u0061"` as that same key where it may stand in a later text
 * (https://github.com/nodejs/node/issues/63785), so that one sender could change what another's
 * text means. Whoever parses what strangers send looks here first, and V8 never meets such a key.
 */
export function scanJson(text: string, maxDepth: number): JsonFault | undefined {
  // One entry a level: the keys seen so far, or undefined for an array.
  const levels: (Set<string> | undefined)[] = [];
  let lastStart = -1;
  let lastEnd = -1;
  for (let at = 0; at < text.length; at += 1) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        lastStart = at;
        at = endOfString(text, at + 1);
        lastEnd = at;
        break;
      case COLON: {
        const fault = addKey(levels.at(-1), text, lastStart, lastEnd);
        if (fault !== undefined) return fault;
        lastStart = -1;
        break;
      }
      case OPEN_OBJECT:
      case OPEN_ARRAY:
        if (levels.length >= maxDepth) {
          return { code: 'json_too_deep', detail: `At most ${maxDepth} levels are taken.` };
        }
        levels.push(text.charCodeAt(at) === OPEN_OBJECT ? new Set() : undefined);
        break;
      case CLOSE_OBJECT:
      case CLOSE_ARRAY:
        levels.pop();
        break;
    }
  }
  return undefined;
}

/** Index of the quote that ends a string begun before `from`; the text's length where none does. */
function endOfString(text: string, from: number): number {
  let at = text.indexOf('"', from);
  while (at !== -1) {
    let slashes = 0;
    while (at - slashes > from && text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes += 1;
    if (slashes % 2 === 0) return at;
    at = text.indexOf('"', at + 1);
  }
  return text.length;
}

function addKey(
  keys: Set<string> | undefined,
  text: string,
  start: number,
  end: number,
): JsonFault | undefined {
  if (keys === undefined || start < 0 || end >= text.length) {
    return { code: 'json_invalid', detail: 'A key is missing or stands where none may.' };
  }
  const raw = text.slice(start + 1, end);
  const key = raw.includes('\\') ? unescaped(raw) : raw;
  if (key === undefined || key === '__proto__' || key.includes('\\')) {
    return { code: 'json_invalid', detail: 'A key is not valid.' };
  }
  if (keys.has(key)) {
    return { code: 'json_duplicate_key', detail: `The key "${clip(key)}" stands twice.` };
  }
  keys.add(key);
  return undefined;
}

/** A key with its escapes read, so that `"\u0061"` is known to be `"a"`. */
function unescaped(raw: string): string | undefined {
  try {
    return String(JSON.parse(`"${raw}"`));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function clip(text: string): string {
  const plain = text.replace(/[^\x20-\x7e]/g, '?');
  return plain.length > 40 ? `${plain.slice(0, 40)}…` : plain;
}
