import { parseDuration } from '../../lib/duration.ts';
import { refuse } from '../refusal.ts';
import type { Ruling } from '../refusal.ts';
import type { FieldSpec, FieldValue, Workflow } from './workflow.ts';

/** All field values and the reason of one request together, in UTF-8 bytes. */
export const MAX_REQUEST_BYTES = 12_000;

type Values = Readonly<Record<string, FieldValue>>;

/**
 * Checks what a requester filled in against a workflow's fields. Takes text for every type (as
 * forms and chat send it) as well as JSON numbers and booleans. Unknown fields are refused.
 */
export function checkFields(
  workflow: Workflow,
  given: Readonly<Record<string, unknown>>,
): Ruling<{ fields: Values }> {
  const known = new Set(workflow.fields.map((field) => field.id));
  const extra = Object.keys(given).find((id) => !known.has(id));
  if (extra !== undefined) {
    const names = [...known].join(', ') || 'none';
    return refuse(
      'field_unknown',
      `${workflow.id} has no field "${clip(extra)}". Its fields: ${names}.`,
    );
  }
  const fields: Record<string, FieldValue> = {};
  for (const spec of workflow.fields) {
    const raw = Object.hasOwn(given, spec.id) ? given[spec.id] : undefined;
    if (raw === undefined || raw === null || raw === '') {
      if (spec.default !== null) fields[spec.id] = spec.default;
      else if (spec.required) {
        return refuse('field_missing', `${spec.label} is required.`, spec.id);
      }
      continue;
    }
    const value = checkValue(spec, raw);
    if (typeof value === 'object') return refuse('field_invalid', value.problem, spec.id);
    fields[spec.id] = value;
  }
  if (Buffer.byteLength(JSON.stringify(fields)) > MAX_REQUEST_BYTES) {
    return refuse('request_too_large', `All fields together may hold ${MAX_REQUEST_BYTES} bytes.`);
  }
  return { ok: true, fields };
}

/** The checked value, or the problem with it in a sentence. */
function checkValue(spec: FieldSpec, raw: unknown): FieldValue | { problem: string } {
  switch (spec.type) {
    case 'text':
    case 'multiline':
    case 'choice':
      return checkText(spec, raw);
    case 'boolean':
      if (raw === true || raw === 'true') return true;
      if (raw === false || raw === 'false') return false;
      return { problem: `${spec.label} must be true or false.` };
    case 'number':
      return checkNumber(spec, typeof raw === 'string' ? Number(raw.trim() || NaN) : raw, String);
    case 'duration':
      return checkDuration(spec, raw);
  }
}

function checkText(spec: FieldSpec, raw: unknown): FieldValue | { problem: string } {
  if (typeof raw !== 'string' || !raw.isWellFormed()) {
    return { problem: `${spec.label} must be text.` };
  }
  if (spec.type !== 'multiline' && /[\r\n]/.test(raw)) {
    return { problem: `${spec.label} must be one line.` };
  }
  if (raw.length > spec.maxLength) {
    return { problem: `${spec.label} has ${raw.length} characters; at most ${spec.maxLength}.` };
  }
  if (spec.type === 'choice' && !spec.choices.includes(raw)) {
    return { problem: `${spec.label} must be one of ${spec.choices.join(', ')}.` };
  }
  if (spec.pattern !== null && !new RegExp(`^(?:${spec.pattern})$`, 'u').test(raw)) {
    return { problem: `${spec.label} "${clip(raw)}" does not match ${spec.pattern}.` };
  }
  return raw;
}

function checkNumber(
  spec: FieldSpec,
  value: unknown,
  show: (value: number) => string,
): FieldValue | { problem: string } {
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    return { problem: `${spec.label} must be a number.` };
  }
  if (spec.min !== null && value < spec.min) {
    return { problem: `${spec.label} must be at least ${show(spec.min)}.` };
  }
  if (spec.max !== null && value > spec.max) {
    return { problem: `${spec.label} must be at most ${show(spec.max)}.` };
  }
  return value;
}

function checkDuration(spec: FieldSpec, raw: unknown): FieldValue | { problem: string } {
  const ms = typeof raw === 'string' ? parseDuration(raw.trim()) : undefined;
  if (ms === undefined || ms <= 0) {
    return { problem: `${spec.label} must be a duration such as 90s, 15m, 8h or 2d.` };
  }
  return checkNumber(spec, ms, (value) => `${value / 60_000} minutes`);
}

/** Hostile text cut short before it enters a sentence. */
function clip(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
