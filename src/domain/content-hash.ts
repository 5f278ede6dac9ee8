import { canonicalJson } from '../lib/canonical-json.ts';
import { sha256 } from '../lib/hash.ts';

type Json = string | number | boolean | null | undefined | readonly Json[] | JsonObject;
interface JsonObject {
  readonly [name: string]: Json;
}

/** Values that stand for a key that is left out, by the key's name. */
export type Defaults = Readonly<Record<string, Json>>;

/**
 * SHA-256 over the canonical JSON (RFC 8785) of what a file says, under a type tag. Keys with a
 * default value, an empty value, `false` or null are left out, so that writing a default down, or a
 * new optional key in a later version, changes no hash.
 */
export function contentHash(type: string, content: object, defaults: Defaults = {}): string {
  const said = withoutDefaults(content as JsonObject, defaults) as JsonObject;
  return sha256(canonicalJson({ type, ...said }));
}

function withoutDefaults(value: Json, defaults: Defaults): Json {
  if (isList(value)) return value.map((item) => withoutDefaults(item, defaults));
  if (typeof value !== 'object' || value === null) return value;
  const said = Object.entries(value)
    .map(([name, inner]) => [name, withoutDefaults(inner, defaults)] as const)
    .filter(([name, inner]) => !isEmpty(inner) && inner !== defaults[name]);
  return Object.fromEntries(said);
}

function isEmpty(value: Json): boolean {
  if (value === undefined || value === null || value === false) return true;
  if (typeof value !== 'object') return false;
  return isList(value) ? value.length === 0 : Object.keys(value).length === 0;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
