import { z } from 'zod';
import { firstIssue } from './check-body.ts';
import { HttpProblem } from './problem.ts';

/** The query of a request target. */
export function queryOf(target: string | undefined): URLSearchParams {
  const at = target?.indexOf('?') ?? -1;
  return new URLSearchParams(at < 0 ? '' : target?.slice(at + 1));
}

/**
 * The query of a request target, checked by a schema of texts, whole numbers and arrays. Refuses
 * unknown parameters, and repeated ones unless the schema says array.
 *
 * @throws HttpProblem `query_invalid`.
 */
export function readQuery<Schema extends z.ZodObject>(
  schema: Schema,
  target: string | undefined,
): z.output<Schema> {
  const query = queryOf(target);
  const given = new Map<string, unknown>();
  for (const name of new Set(query.keys())) {
    const expected: unknown = Object.hasOwn(schema.shape, name) ? schema.shape[name] : undefined;
    if (expected === undefined) {
      const names = Object.keys(schema.shape).join(', ');
      throw new HttpProblem('query_invalid', `Unknown parameter. Known parameters: ${names}.`);
    }
    given.set(name, valueOf(query.getAll(name), inner(expected), name));
  }
  const result = schema.safeParse(Object.fromEntries(given));
  if (result.success) return result.data;
  throw new HttpProblem('query_invalid', firstIssue(result.error, 'The query'));
}

function valueOf(texts: readonly string[], expected: unknown, name: string): unknown {
  if (expected instanceof z.ZodArray) return texts;
  const [text = ''] = texts;
  if (texts.length > 1) throw new HttpProblem('query_invalid', `${name} may be given once.`);
  // Digits alone: Number() would also take blanks, signs and exponents.
  return expected instanceof z.ZodNumber && /^\d{1,9}$/.test(text) ? Number(text) : text;
}

/** The schema inside `optional` and `default`. */
function inner(schema: unknown): unknown {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodDefault
    ? inner(schema.unwrap())
    : schema;
}
