const QUOTE = 0x22;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** How deep a JSON text nests, and how many members all of its objects have. */
export interface JsonShape {
  readonly depth: number;
  readonly members: number;
}

/**
 * Measures a JSON text without parsing it; undefined where a string is left open. A text has as
 * many members as colons outside of strings: where the parsed value has fewer (`countMembers`), one
 * was named twice. That is cheaper than a parser of our own.
 */
export function jsonShape(text: string): JsonShape | undefined {
  let level = 0;
  let depth = 0;
  let members = 0;
  for (let at = 0; at < text.length; at += 1) {
    switch (text.charCodeAt(at)) {
      case QUOTE:
        at = endOfString(text, at + 1);
        if (at === text.length) return undefined;
        break;
      case COLON:
        members += 1;
        break;
      case OPEN_OBJECT:
      case OPEN_ARRAY:
        level += 1;
        if (level > depth) depth = level;
        break;
      case CLOSE_OBJECT:
      case CLOSE_ARRAY:
        level -= 1;
        break;
    }
  }
  return { depth, members };
}

/** Index of the quote that ends a string begun before `from`; the text's length where none does. */
export function endOfString(text: string, from: number): number {
  let at = text.indexOf('"', from);
  while (at !== -1) {
    let slashes = 0;
    while (at - slashes > from && text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes += 1;
    if (slashes % 2 === 0) return at;
    at = text.indexOf('"', at + 1);
  }
  return text.length;
}

/** How many members all objects of a parsed value have. Give it bounded depth. */
export function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const members = Array.isArray(value) ? value : Object.values(value);
  let count = members === value ? 0 : members.length;
  for (const member of members) {
    if (typeof member === 'object' && member !== null) count += countMembers(member);
  }
  return count;
}
