/** Why a JSON text is rejected. */
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
 * Scans JSON text for what JSON.parse accepts and we do not: nesting deeper than `maxDepth`, a
 * duplicate key in one object (RFC 8259 §4: readers may differ on its meaning), the key
 * `__proto__`, and a key with a backslash. One pass without recursion; JSON.parse checks the
 * grammar.
 *
 * A backslash is rejected because of a bug in V8 12.8 and later
 * (https://github.com/nodejs/node/issues/63785): after the JSON key `"\\"`, V8 reads `"\""` or
 * `"\u0061"` in a later text as that same key, so that one sender could change the meaning of
 * another's text. Every parser of untrusted text calls this first, so V8 never sees such a key.
 */
export function scanJson(text: string, maxDepth: number): JsonFault | undefined {
  // One entry for each level: the keys so far, or undefined for an array.
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

/** Index of the closing quote of a string that started before `from`; else the text's length. */
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

/** Decodes the escapes of a key, so that `"\u0061"` equals `"a"`. */
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
