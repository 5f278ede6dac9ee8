import { isUtf8 } from 'node:buffer';
import { scanJson } from './scan-json.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * The JSON object in these bytes; undefined where they are no UTF-8, no JSON, no object, nested
 * deeper than `maxDepth`, or name a member twice (RFC 8725 2.6: parsers that disagree on which one
 * counts are a hole), `__proto__`, or with a backslash.
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

/** A member that the object itself has; what it inherits does not count. */
export function own(object: JsonObject, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}
