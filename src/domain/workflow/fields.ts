import { parseDuration } from '../../lib/duration.ts';
import { matchesPattern } from '../../lib/pattern.ts';
import { refuse } from '../refusal.ts';
import type { FieldProblem, Ruling } from '../refusal.ts';
import type { FieldSpec, FieldValue, Workflow } from './workflow.ts';

/** All field values and the reason of one request together, in UTF-8 bytes. */
export const MAX_REQUEST_BYTES = 12_000;

/** What people write freely may tell of people. */
const PERSONAL_TYPES: readonly FieldSpec['type'][] = ['text', 'multiline'];

/** Whether the values of a field are personal: the log keeps those so that they can be erased. */
export function isPersonal({ type, personal }: Pick<FieldSpec, 'type' | 'personal'>): boolean {
  return personal ?? PERSONAL_TYPES.includes(type);
}

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
    const about = { workflow: workflow.id, field: clip(extra), fields: [...known] };
    return refuse('field_unknown', about);
  }
  const fields: Record<string, FieldValue> = {};
  for (const spec of workflow.fields) {
    const raw = Object.hasOwn(given, spec.id) ? given[spec.id] : undefined;
    if (raw === undefined || raw === null || raw === '') {
      if (spec.default !== null) fields[spec.id] = spec.default;
      else if (spec.required) {
        return refuse('field_missing', { label: spec.label }, spec.id);
      }
      continue;
    }
    const checked = checkField(spec, raw);
    if (!checked.ok) return checked;
    fields[spec.id] = checked.value;
  }
  if (Buffer.byteLength(JSON.stringify(fields)) > MAX_REQUEST_BYTES) {
    return refuse('request_too_large', { maxBytes: MAX_REQUEST_BYTES });
  }
  return { ok: true, fields };
}

/** Checks what was filled in for one field; empty values are the caller's. */
export function checkField(spec: FieldSpec, raw: unknown): Ruling<{ value: FieldValue }> {
  const value = checkValue(spec, raw);
  return typeof value === 'object'
    ? refuse('field_invalid', { label: spec.label, ...value }, spec.id)
    : { ok: true, value };
}

/** The checked value, or what is wrong with it. */
function checkValue(spec: FieldSpec, raw: unknown): FieldValue | FieldProblem {
  switch (spec.type) {
    case 'text':
    case 'multiline':
    case 'choice':
      return checkText(spec, raw);
    case 'boolean':
      if (raw === true || raw === 'true') return true;
      if (raw === false || raw === 'false') return false;
      return { rule: 'boolean' };
    case 'number':
      return checkNumber(spec, typeof raw === 'string' ? Number(raw.trim() || NaN) : raw);
    case 'duration':
      return checkDuration(spec, raw);
  }
}

function checkText(spec: FieldSpec, raw: unknown): FieldValue | FieldProblem {
  if (typeof raw !== 'string' || !raw.isWellFormed()) return { rule: 'text' };
  if (spec.type !== 'multiline' && /[\r\n]/.test(raw)) return { rule: 'one_line' };
  if (raw.length > spec.maxLength) {
    return { rule: 'length', length: raw.length, max: spec.maxLength };
  }
  if (spec.type === 'choice' && !spec.choices.includes(raw)) {
    return { rule: 'choices', choices: spec.choices };
  }
  if (spec.pattern !== null && !matchesPattern(spec.pattern, raw)) {
    return { rule: 'pattern', value: clip(raw), pattern: spec.pattern };
  }
  return raw;
}

function checkNumber(spec: FieldSpec, value: unknown): FieldValue | FieldProblem {
  if (typeof value !== 'number' || !Number.isFinite(value)) return { rule: 'number' };
  const { min, max } = spec;
  const duration = spec.type === 'duration';
  if (min !== null && value < min) return { rule: 'min', limit: min, duration };
  if (max !== null && value > max) return { rule: 'max', limit: max, duration };
  return value;
}

function checkDuration(spec: FieldSpec, raw: unknown): FieldValue | FieldProblem {
  const ms = typeof raw === 'string' ? parseDuration(raw.trim()) : undefined;
  return ms === undefined || ms <= 0 ? { rule: 'duration' } : checkNumber(spec, ms);
}

/** Hostile text cut short before it enters a sentence. */
function clip(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
