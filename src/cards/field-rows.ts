import type { Request } from '../domain/request/request.ts';
import type { FieldValue } from '../domain/workflow/workflow.ts';
import type { Text } from '../text/text.ts';
import { fit, name, oneLine } from './plain-text.ts';
import type { ShownText } from './plain-text.ts';
import type { Limits } from './view-limits.ts';

/** A label and its value. A `wide` value is shown below its label. */
export interface Row extends ShownText {
  readonly label: string;
  readonly wide: boolean;
}

export interface Rows {
  readonly rows: readonly Row[];
  /** How many fields are left out. */
  readonly left: number;
}

// A longer value beside its label would make a tall, thin column.
const BESIDE_LABEL = 72;

/** The submitted fields in the order of the workflow, then the reason. */
export function fieldRows(text: Text, request: Request, limits: Limits): Rows {
  const known = request.plan.fields.filter(({ id }) => Object.hasOwn(request.fields, id));
  // The digest covers every field, so a field that the plan does not name is shown too.
  const others = Object.keys(request.fields)
    .filter((id) => !known.some((field) => field.id === id))
    .map((id) => ({ id, label: id, type: 'text' as const }));
  const fields = [...known, ...others];
  const rows = fields.slice(0, limits.fields).map(({ id, label, type }) => {
    const value = request.fields[id] ?? '';
    return row(label, valueText(text, value, type === 'duration'), limits);
  });
  if (request.reason !== null && request.reason !== '') {
    rows.push({ ...row(text.cards.reason, request.reason, limits), wide: true });
  }
  return { rows, left: Math.max(fields.length - limits.fields, 0) };
}

/** The execution: executor, target and duration. */
export function workRows(text: Text, request: Request, limits: Limits): readonly Row[] {
  const { cards, format } = text;
  const { executor, kind, target, durationMs } = request.plan.execution;
  const runs = kind === executor ? executor : `${executor} (${kind})`;
  const rows = [row(cards.runs, runs, limits), row(cards.target, target, limits)];
  if (durationMs !== null) rows.push(row(cards.lasts, format.exactDuration(durationMs), limits));
  return rows.map((given) => ({ ...given, wide: false }));
}

/** All rows as one text block, for requests with too many fields for columns. */
export function denseInlines(rows: readonly Row[]): readonly unknown[] {
  return rows.flatMap(({ label, text }, at) => [
    // A line break in a value could imitate another row.
    { type: 'TextRun', text: `${at > 0 ? '\n' : ''}${label}: `, isSubtle: true },
    { type: 'TextRun', text: oneLine(text) },
  ]);
}

function row(label: string, value: string, limits: Limits): Row {
  const shown = fit(value, limits.value);
  const wide = shown.text.length > BESIDE_LABEL || shown.text.includes('\n');
  return { ...shown, label: name(label, 60), wide };
}

function valueText({ cards, format }: Text, value: FieldValue, duration: boolean): string {
  if (typeof value === 'boolean') return value ? cards.yes : cards.no;
  if (typeof value === 'number') return duration ? format.exactDuration(value) : String(value);
  return value;
}
