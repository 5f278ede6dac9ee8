import type { Path } from './problem.ts';

type Schema = Readonly<Record<string, unknown>>;

/**
 * The keys that a JSON Schema allows at a path of this data. Of a union, the variants whose fixed
 * values (such as `kind`) match the data; all variants when none matches.
 */
export function knownKeys(schema: unknown, path: Path, data: unknown): readonly string[] {
  let schemas = variants(schema, data);
  let value = data;
  for (const part of path) {
    value = member(value, part);
    schemas = schemas.flatMap((one) => step(one, part)).flatMap((one) => variants(one, value));
  }
  return [...new Set(schemas.flatMap((one) => Object.keys(asSchema(one.properties))))];
}

/** The value at a path, own properties only; undefined where there is none. */
export function valueAt(data: unknown, path: Path): unknown {
  return path.reduce(member, data);
}

function member(value: unknown, part: string | number): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
  return (value as Record<string | number, unknown>)[part];
}

function step(schema: Schema, part: string | number): unknown[] {
  if (typeof part === 'number') return [schema.items];
  const properties = asSchema(schema.properties);
  return Object.hasOwn(properties, part) ? [properties[part]] : [schema.additionalProperties];
}

function variants(schema: unknown, data: unknown): Schema[] {
  const one = asSchema(schema);
  const options = [one.anyOf, one.oneOf].find(Array.isArray);
  if (options === undefined) return [one];
  const schemas = options.map(asSchema);
  const agreeing = schemas.filter((option) => agrees(option, data));
  return agreeing.length > 0 ? agreeing : schemas;
}

function agrees(schema: Schema, data: unknown): boolean {
  return Object.entries(asSchema(schema.properties)).every(([key, property]) => {
    const fixed = asSchema(property).const;
    return fixed === undefined || fixed === member(data, key);
  });
}

function asSchema(value: unknown): Schema {
  return typeof value === 'object' && value !== null ? (value as Schema) : {};
}
