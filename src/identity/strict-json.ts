import { isUtf8 } from 'node:buffer';

export type JsonObject = Readonly<Record<string, unknown>>;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const OPEN = new Set([0x5b, 0x7b]);
const CLOSE = new Set([0x5d, 0x7d]);

/**
 * The JSON object in these bytes; undefined where they are no UTF-8, no JSON, no object, nested
 * deeper than `maxDepth`, or name a member twice (RFC 8725 2.6: parsers that disagree on which one
 * counts are a hole). A text has as many members as colons outside of strings; where the parsed
 * value has fewer, one was named twice. That is cheaper than a parser of our own.
 */
export function parseStrictObject(bytes: Buffer, maxDepth: number): JsonObject | undefined {
  if (!isUtf8(bytes)) return undefined;
  const text = bytes.toString('utf8');
  const shape = measure(text);
  if (shape === undefined || shape.depth > maxDepth) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (!isJsonObject(value) || countMembers(value) !== shape.members) return undefined;
  return value;
}

/** Whether a value is a JSON object (neither null nor an array). */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A member that the object itself has; what it inherits does not count. */
export function own(object: JsonObject, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** Depth and number of members of a JSON text, without parsing it; undefined: a string is open. */
function measure(text: string): { depth: number; members: number } | undefined {
  let level = 0;
  let depth = 0;
  let members = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(text, at);
      if (at < 0) return undefined;
    } else if (code === COLON) {
      members += 1;
    } else if (OPEN.has(code)) {
      level += 1;
      if (level > depth) depth = level;
    } else if (CLOSE.has(code)) {
      level -= 1;
    }
  }
  return { depth, members };
}

function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end > 0) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === BACKSLASH) slashes += 1;
    if (slashes % 2 === 0) return end;
    end = text.indexOf('"', end + 1);
  }
  return -1;
}

function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const members = Object.values(value);
  let count = Array.isArray(value) ? 0 : members.length;
  for (const member of members) count += countMembers(member);
  return count;
}
