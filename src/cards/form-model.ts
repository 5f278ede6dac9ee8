import { typedDuration } from '../lib/duration.ts';
import { escapeMarkdown } from '../lib/escape-markdown.ts';
import type { FieldSpec, Workflow } from '../domain/workflow/workflow.ts';
import { refusalText } from '../text/text.ts';
import type { Text } from '../text/text.ts';
import type { RequestForm } from '../usecases/ports/cards.ts';
import { Whole } from './card-template.ts';
import type { Model } from './card-template.ts';
import { formPattern } from './form-pattern.ts';
import { fit, name } from './plain-text.ts';

/** What a form leaves out where it would be too large for a message. */
export interface FormLimits {
  /** Maximum length of prefilled text; longer text must be typed again. */
  readonly prefill: number;
  /**
   * Maximum length of a choice list; above it the person types the choice and the service checks
   * it.
   */
  readonly choices: number;
}

/** From the fullest form to the barest. */
export const FORM_LIMITS: readonly FormLimits[] = [
  { prefill: Infinity, choices: Infinity },
  { prefill: 200, choices: Infinity },
  { prefill: 0, choices: Infinity },
  { prefill: 0, choices: 20 },
];

// From this length on, a list without a search is hard to use.
const SEARCHABLE_FROM = 10;

/** The model of the form template. `chat`: for a message; otherwise for a dialog. */
export function formModel(
  text: Text,
  { workflow, values, problem }: RequestForm,
  { chat, limits }: { chat: boolean; limits: FormLimits },
): Model {
  const wrong = workflow.fields.find(({ id }) => id === problem?.field);
  const message = fit(problem === undefined ? '' : refusalText(text, problem), {
    characters: 500,
    lines: 4,
  }).text;
  return {
    chat,
    id: workflow.id,
    title: name(workflow.title, 160),
    described: workflow.description !== null,
    description: descriptionOf(workflow),
    wrong: problem !== undefined,
    problem:
      wrong === undefined ? message : text.form.pleaseCheck({ label: name(wrong.label, 60) }),
    fields: workflow.fields.map((spec) => ({
      ...fieldModel(text, spec, {
        given: Object.hasOwn(values, spec.id) ? values[spec.id] : undefined,
        limits,
      }),
      wrong: spec === wrong,
      problem: spec === wrong ? message : undefined,
    })),
    // Ids are unique in a card, and the workflow may have a field named `reason`.
    asksReason: !workflow.fields.some(({ id }) => id === 'reason'),
    reason: prefilled(values['reason'], 1_000, limits),
    next: nextOf(text, workflow),
  };
}

/** A workflow's description, cut to the room on a card. */
export function descriptionOf(workflow: Workflow): string {
  return fit(workflow.description ?? '', { characters: 400, lines: 6 }).text;
}

function fieldModel(
  text: Text,
  spec: FieldSpec,
  { given, limits }: { given: unknown; limits: FormLimits },
): Model {
  const { form } = text;
  const value = given === undefined || given === null || given === '' ? spec.default : given;
  const label = name(spec.label, 80);
  const range = rangeOf(text, spec);
  const common = {
    id: spec.id,
    label: range === '' ? label : form.ranged({ label, range }),
    required: spec.required,
    hint: undefined,
    value: undefined,
  };
  switch (spec.type) {
    case 'boolean':
      return {
        ...common,
        ...kind('boolean'),
        value: String(value === true || value === 'true'),
      };
    case 'number':
      return { ...common, ...numberModel(spec, value), error: form.wrong.number({ label, range }) };
    case 'choice':
      if (spec.choices.length <= limits.choices) {
        return { ...common, ...choiceModel(form, spec, value) };
      }
      return { ...common, ...textModel(form, spec, { value, limits }), hint: form.typeChoice };
    case 'duration':
      return { ...common, ...durationModel(form, label, value) };
    default:
      return { ...common, ...textModel(form, spec, { value, limits }) };
  }
}

const KINDS = ['text', 'multiline', 'choice', 'number', 'boolean'] as const;

/** The flags that select the input in the template. */
function kind(of: (typeof KINDS)[number]): Model {
  return Object.fromEntries(KINDS.map((one) => [one, one === of]));
}

type FormText = Text['form'];

function textModel(
  form: FormText,
  spec: FieldSpec,
  { value, limits }: { value: unknown; limits: FormLimits },
): Model {
  // Clients render error messages as Markdown.
  const pattern = spec.pattern === null ? null : escapeMarkdown(name(spec.pattern, 120));
  return {
    ...kind(spec.type === 'multiline' ? 'multiline' : 'text'),
    value: prefilled(value, spec.maxLength, limits),
    maxLength: spec.maxLength,
    regex: formPattern(spec.pattern),
    error: form.wrong.text({ label: name(spec.label, 80), required: spec.required, pattern }),
  };
}

function choiceModel(form: FormText, spec: FieldSpec, value: unknown): Model {
  const chosen = typeof value === 'string' && spec.choices.includes(value) ? value : undefined;
  return {
    ...kind('choice'),
    value: chosen,
    hint: form.chooseOne,
    style: spec.choices.length > SEARCHABLE_FROM ? 'filtered' : 'compact',
    choices: new Whole(spec.choices.map((choice) => ({ title: name(choice, 120), value: choice }))),
    error: form.wrong.choice({ label: name(spec.label, 80) }),
  };
}

function numberModel(spec: FieldSpec, value: unknown): Model {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  const { min, max } = spec;
  return {
    ...kind('number'),
    value: typeof number === 'number' && Number.isFinite(number) ? number : undefined,
    // Clients reject an empty optional input as out of range, so only the service checks its range.
    min: spec.required ? (min ?? undefined) : undefined,
    max: spec.required ? (max ?? undefined) : undefined,
  };
}

function durationModel(form: FormText, label: string, value: unknown): Model {
  const text = typeof value === 'number' ? typedDuration(value) : value;
  return {
    ...kind('text'),
    value: typeof text === 'string' ? text.slice(0, 40) : undefined,
    maxLength: 40,
    hint: form.durationHint,
    regex: '^\\s*(?:\\d{1,9}[smhd]|P[0-9A-Z]+)\\s*$',
    error: form.wrong.duration({ label }),
  };
}

/** The allowed range of a number or duration, in words; empty where there is none. */
function rangeOf({ form, format }: Text, { type, min, max }: FieldSpec): string {
  if (type !== 'number' && type !== 'duration') return '';
  const show = type === 'duration' ? format.exactDuration : format.number;
  if (min !== null && max !== null) return form.from({ min: show(min), max: show(max) });
  if (min !== null) return form.atLeast({ min: show(min) });
  return max === null ? '' : form.atMost({ max: show(max) });
}

function prefilled(value: unknown, maxLength: number, limits: FormLimits): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const text = String(value).slice(0, maxLength).toWellFormed();
  return text.length > limits.prefill ? undefined : text;
}

function nextOf({ form, format }: Text, workflow: Workflow): string {
  const stages = workflow.stages.map((stage) => name(stage.name, 40));
  return name(form.next({ stages, within: format.duration(workflow.expireMs) }), 260);
}
