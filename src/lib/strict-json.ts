import { isUtf8 } from 'node:buffer';
import { scanJson } from './scan-json.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Parses bytes as a JSON object. Undefined for bytes that are not UTF-8, not JSON or not an object,
 * for nesting deeper than `maxDepth`, and for a member that is a duplicate (RFC 8725 2.6: parsers
 * may disagree on which one counts), `__proto__` or has a backslash.
 */
export function parseStrictObject(bytes: Buffer, maxDepth: number): JsonObject | undefined {
  if (!isUtf8(bytes)) return undefined;
  const text = bytes.toString('utf8');
  if (scanJson(text, maxDepth) !== undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Whether a value is a JSON object (neither null nor an array). */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An own member of the object; undefined for inherited ones. */
export function own(object: JsonObject, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** The value if it is an object, else an empty object. */
export function jsonOr(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

/** The value if it is a string of 1 to `limit` characters, else undefined. */
export function textOf(value: unknown, limit: number): string | undefined {
  return typeof value === 'string' && value.length > 0 && value.length <= limit ? value : undefined;
}
