/** A received JSON object with unknown members. */
export type Json = Readonly<Record<string, unknown>>;

/** Whether a value is a JSON object (neither null nor an array). */
export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value if it is an object, else an empty object. */
export function jsonOr(value: unknown): Json {
  return isJson(value) ? value : {};
}

/** The value if it is a string of 1 to `limit` characters, else undefined. */
export function textOf(value: unknown, limit: number): string | undefined {
  return typeof value === 'string' && value.length > 0 && value.length <= limit ? value : undefined;
}
