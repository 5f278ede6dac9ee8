import type { z } from 'zod';
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

/** The first problem that a schema found, as a sentence; `whole` names the value itself. */
export function firstIssue(error: z.ZodError, whole: string): string {
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
