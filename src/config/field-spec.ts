import { checkFields } from '../domain/workflow/fields.ts';
import type { FieldSpec, FieldValue, Workflow } from '../domain/workflow/workflow.ts';
import { parseDuration } from '../lib/duration.ts';
import { en } from '../text/en.ts';
import { refusalText } from '../text/text.ts';
import { patternProblem } from './pattern-problem.ts';
import type { FieldInput } from './schema-workflow.ts';

/** A problem at one key of a field. */
export interface FieldProblem {
  readonly key: string;
  readonly expected: string;
}

const MAX_LENGTH: Readonly<Record<string, number>> = { text: 200, multiline: 2_000, choice: 100 };

/** Keys that only some types have. */
const ONLY_FOR: Readonly<Record<string, readonly string[]>> = {
  choices: ['choice'],
  pattern: ['text', 'multiline'],
  maxLength: ['text', 'multiline'],
  min: ['number', 'duration'],
  max: ['number', 'duration'],
};

/** A field for the domain, and its problems. */
export function toFieldSpec(input: FieldInput): { spec: FieldSpec; problems: FieldProblem[] } {
  const problems: FieldProblem[] = [];
  for (const [key, types] of Object.entries(ONLY_FOR)) {
    if (input[key as keyof FieldInput] !== undefined && !types.includes(input.type)) {
      problems.push({ key, expected: `no ${key} here: it is for type ${types.join(' and ')}` });
    }
  }
  if (input.type === 'choice' && input.choices === undefined) {
    problems.push({ key: 'choices', expected: 'a list of choices, as the type is choice' });
  }
  const maxLength = input.maxLength ?? MAX_LENGTH[input.type] ?? 100;
  if (input.pattern !== undefined) {
    const expected = patternProblem(input.pattern, maxLength);
    if (expected !== undefined) problems.push({ key: 'pattern', expected });
  }
  const min = bound(input, 'min', problems);
  const max = bound(input, 'max', problems);
  if (min !== null && max !== null && min > max) {
    problems.push({ key: 'max', expected: 'at least the value of min' });
  }
  const spec: FieldSpec = {
    id: input.id,
    label: input.label ?? labelOf(input.id),
    type: input.type,
    required: input.required,
    choices: input.choices ?? [],
    pattern: input.pattern ?? null,
    maxLength,
    min,
    max,
    default: null,
    ...(input.personal === undefined ? {} : { personal: input.personal }),
  };
  if (input.default === undefined || problems.length > 0) return { spec, problems };
  const checked = toFieldValue(spec, input.default);
  if (typeof checked === 'object') {
    return { spec, problems: [{ key: 'default', expected: checked.expected }] };
  }
  return { spec: { ...spec, default: checked }, problems };
}

/** A value of this field for the domain (durations in ms), or what is expected instead. */
export function toFieldValue(spec: FieldSpec, value: unknown): FieldValue | { expected: string } {
  const probe: Pick<Workflow, 'id' | 'fields'> = {
    id: 'check',
    fields: [{ ...spec, required: true }],
  };
  const checked = checkFields(probe as Workflow, { [spec.id]: value });
  if (!checked.ok)
    return { expected: `a value that the field accepts (${refusalText(en, checked.refusal)})` };
  return checked.fields[spec.id] ?? { expected: 'a value' };
}

/** A bound of a field: a number, or a duration in ms; undefined when it is neither. */
export function toBound(type: FieldSpec['type'], value: unknown): number | undefined {
  if (type === 'duration') return typeof value === 'string' ? parseDuration(value) : undefined;
  return type === 'number' && typeof value === 'number' ? value : undefined;
}

function bound(input: FieldInput, key: 'min' | 'max', problems: FieldProblem[]): number | null {
  const value = input[key];
  if (value === undefined || !ONLY_FOR[key]?.includes(input.type)) return null;
  const parsed = toBound(input.type, value);
  if (parsed === undefined) {
    const expected =
      input.type === 'duration' ? 'a duration such as 90s, 15m, 8h or 2d' : 'a number';
    problems.push({ key, expected });
  }
  return parsed ?? null;
}

function labelOf(id: string): string {
  const words = id
    .replace(/[_-]+/g, ' ')
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
