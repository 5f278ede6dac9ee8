import { canonicalJson } from '../lib/canonical-json.ts';
import { sha256 } from '../lib/hash.ts';

type Json = string | number | boolean | null | undefined | readonly Json[] | JsonObject;
interface JsonObject {
  readonly [name: string]: Json;
}

/** The value of an optional key that is left out, by the key's path; `*` is any item of a list. */
export type Defaults = Readonly<Record<string, Json>>;

/**
 * SHA-256 over the canonical JSON (RFC 8785) of what a file says, under a type tag. Optional keys
 * with their default are left out, so that a default that is written down changes no hash, nor does
 * a new optional key of a later version.
 */
export function contentHash(type: string, content: object, defaults: Defaults): string {
  const said = withoutDefaults(content as JsonObject, defaults, []) as JsonObject;
  return sha256(canonicalJson({ ...said, type }));
}

function withoutDefaults(value: Json, defaults: Defaults, path: readonly string[]): Json {
  if (isList(value)) return value.map((item) => withoutDefaults(item, defaults, [...path, '*']));
  if (typeof value !== 'object' || value === null) return value;
  const said = Object.entries(value)
    .map(([name, inner]) => [name, withoutDefaults(inner, defaults, [...path, name])] as const)
    .filter(([name, inner]) => !isLeftOut(inner, defaults, [...path, name].join('.')));
  return Object.fromEntries(said);
}

function isLeftOut(value: Json, defaults: Defaults, path: string): boolean {
  if (value === undefined) return true;
  if (!Object.hasOwn(defaults, path)) return false;
  return canonicalJson({ value }) === canonicalJson({ value: defaults[path] });
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
