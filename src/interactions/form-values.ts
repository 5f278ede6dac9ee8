import type { Workflow } from '../domain/workflow/workflow.ts';
import type { JsonObject } from '../lib/strict-json.ts';

/** Members of a form's data that the service put there. */
const OURS = ['workflow', 'v', 'verb', 'msteams'];

/** What a person filled into a form: the fields and, apart from them, the reason. */
export interface Filled {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly reason: string | null;
  /** Both together, as a form takes them to start with. */
  readonly values: Readonly<Record<string, unknown>>;
}

/** Splits a form's data into fields and reason. A workflow's own field `reason` stays a field. */
export function readFilled(workflow: Workflow, data: JsonObject): Filled {
  const own = workflow.fields.some(({ id }) => id === 'reason');
  const entries = Object.entries(data).filter(([id]) => !OURS.includes(id));
  return {
    fields: Object.fromEntries(entries.filter(([id]) => own || id !== 'reason')),
    reason: own ? null : readReason(data.reason),
    values: Object.fromEntries(entries),
  };
}

/** A reason as it is stored: well-formed and trimmed; null where it is empty. */
export function readReason(given: unknown): string | null {
  const text = typeof given === 'string' ? given.toWellFormed().trim() : '';
  return text === '' ? null : text;
}
