/**
 * One key of several parts, as a JSON array: different parts never give the same key. Parts that are
 * joined by a separator meet where one of them holds it: `a|b` and `c`, or `a` and `b|c`.
 */
export function joinedKey(...parts: readonly (string | number | null)[]): string {
  return JSON.stringify(parts);
}
