/**
 * One key of several texts, each behind its length (`4:demo3:key`), so that different parts never
 * give the same key. Parts with a separator between them meet where one of them holds it: `a|b` and
 * `c`, or `a` and `b|c`. Null differs from every text. Unlike JSON it escapes nothing, so the length
 * of a key stays bounded by that of its parts.
 */
export function joinedKey(...parts: readonly (string | null)[]): string {
  return parts.map((part) => (part === null ? '-' : `${part.length}:${part}`)).join('');
}
