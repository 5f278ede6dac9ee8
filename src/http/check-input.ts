import { z } from 'zod';
import { HttpProblem } from './problem.ts';

/** Checks a body by a schema. @throws HttpProblem `body_invalid`, naming the first problem. */
export function checkBody<Schema extends z.ZodType>(
  schema: Schema,
  body: unknown,
): z.output<Schema> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  throw new HttpProblem('body_invalid', firstIssue(result.error, 'The body'));
}

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

/** The first problem that a schema found, as a sentence; `whole` names the value itself. */
function firstIssue(error: z.ZodError, whole: string): string {
  const [issue] = error.issues;
  const pointer = issue?.path.map((part) => `/${clip(String(part))}`).join('') || whole;
  const words =
    issue?.code === 'unrecognized_keys'
      ? `has unknown keys: ${issue.keys.slice(0, 5).map(clip).join(', ')}`
      : (issue?.message ?? 'is not valid');
  return `${pointer}: ${words}.`;
}

function clip(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 40);
}
