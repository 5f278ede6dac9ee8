/** A JSON object as it came over the wire: nothing about its members is known yet. */
export type Json = Readonly<Record<string, unknown>>;

/** Whether a value is a JSON object (no array, not null). */
export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value where it is an object, else an empty one. */
export function jsonOr(value: unknown): Json {
  return isJson(value) ? value : {};
}

/** The value where it is a text of 1 to `limit` characters, else undefined. */
export function textOf(value: unknown, limit: number): string | undefined {
  return typeof value === 'string' && value.length > 0 && value.length <= limit ? value : undefined;
}
