import { formatDuration } from '../lib/duration.ts';
import { escapeMarkdown } from '../lib/escape-markdown.ts';
import type { FieldSpec, Workflow } from '../domain/workflow/workflow.ts';
import { en } from '../text/en.ts';
import { refusalText } from '../text/text.ts';
import type { RequestForm } from '../usecases/ports/ports.ts';
import { Whole } from './card-template.ts';
import type { Model } from './card-template.ts';
import { formPattern } from './form-pattern.ts';
import { fit, name } from './plain-text.ts';
import { exactDuration, typedDuration } from './times.ts';

/** What gives way where a form is too large for a message. */
export interface FormLimits {
  /** Prefilled text of at most so many characters; longer text has to be typed again. */
  readonly prefill: number;
  /** Longer lists of choices are typed in; we check them. */
  readonly choices: number;
}

/** The fullest form first. */
export const FORM_LIMITS: readonly FormLimits[] = [
  { prefill: Infinity, choices: Infinity },
  { prefill: 200, choices: Infinity },
  { prefill: 0, choices: Infinity },
  { prefill: 0, choices: 20 },
];

// A client's list without a search becomes hard to use beyond this.
const SEARCHABLE_FROM = 10;

/** What the form template is given; `chat` for a message, else for a dialog. */
export function formModel(input: RequestForm, chat: boolean, limits: FormLimits): Model {
  const { workflow, values, problem } = input;
  const wrong = workflow.fields.find(({ id }) => id === problem?.field);
  const message = fit(problem === undefined ? '' : refusalText(en, problem), {
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
    problem: wrong === undefined ? message : `Please check “${name(wrong.label, 60)}”.`,
    fields: workflow.fields.map((spec) => ({
      ...fieldModel(spec, Object.hasOwn(values, spec.id) ? values[spec.id] : undefined, limits),
      wrong: spec === wrong,
      problem: spec === wrong ? message : undefined,
    })),
    // A field of the workflow may be called so itself; ids are unique in a card.
    asksReason: !workflow.fields.some(({ id }) => id === 'reason'),
    reason: prefilled(values['reason'], 1_000, limits),
    next: nextOf(workflow),
  };
}

/** The description of a workflow, as cards show it. */
export function descriptionOf(workflow: Workflow): string {
  return fit(workflow.description ?? '', { characters: 400, lines: 6 }).text;
}

function fieldModel(spec: FieldSpec, given: unknown, limits: FormLimits): Model {
  const value = given === undefined || given === null || given === '' ? spec.default : given;
  const label = name(spec.label, 80);
  const range = rangeOf(spec);
  const common = {
    id: spec.id,
    label: range === '' ? label : `${label} (${range})`,
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
      return { ...common, ...numberModel(spec, value, label) };
    case 'choice':
      if (spec.choices.length <= limits.choices) {
        return { ...common, ...choiceModel(spec, value, label) };
      }
      return { ...common, ...textModel(spec, value, limits), hint: 'Type your choice' };
    case 'duration':
      return { ...common, ...durationModel(value, label) };
    default:
      return { ...common, ...textModel(spec, value, limits) };
  }
}

const KINDS = ['text', 'multiline', 'choice', 'number', 'boolean'] as const;

/** The flags by which the template picks the input. */
function kind(of: (typeof KINDS)[number]): Model {
  return Object.fromEntries(KINDS.map((one) => [one, one === of]));
}

function textModel(spec: FieldSpec, value: unknown, limits: FormLimits): Model {
  const label = name(spec.label, 80);
  // Clients read an error message as Markdown.
  const pattern = escapeMarkdown(name(spec.pattern ?? '', 120));
  const shape = pattern === '' ? '' : `It must match ${pattern}`;
  const error = spec.required ? `Fill in ${label}. ${shape}` : shape || `Check ${label}.`;
  return {
    ...kind(spec.type === 'multiline' ? 'multiline' : 'text'),
    value: prefilled(value, spec.maxLength, limits),
    maxLength: spec.maxLength,
    regex: formPattern(spec.pattern),
    error: error.trim(),
  };
}

function choiceModel(spec: FieldSpec, value: unknown, label: string): Model {
  const chosen = typeof value === 'string' && spec.choices.includes(value) ? value : undefined;
  return {
    ...kind('choice'),
    value: chosen,
    hint: 'Choose one',
    style: spec.choices.length > SEARCHABLE_FROM ? 'filtered' : 'compact',
    choices: new Whole(spec.choices.map((choice) => ({ title: name(choice, 120), value: choice }))),
    error: `Choose one for ${label}.`,
  };
}

function numberModel(spec: FieldSpec, value: unknown, label: string): Model {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  const { min, max } = spec;
  return {
    ...kind('number'),
    value: typeof number === 'number' && Number.isFinite(number) ? number : undefined,
    // Clients count an empty input as out of its range, required or not; we check it anyway.
    min: spec.required ? (min ?? undefined) : undefined,
    max: spec.required ? (max ?? undefined) : undefined,
    error: `${label} must be a number ${rangeOf(spec)}`.trimEnd(),
  };
}

function durationModel(value: unknown, label: string): Model {
  const text = typeof value === 'number' ? typedDuration(value) : value;
  return {
    ...kind('text'),
    value: typeof text === 'string' ? text.slice(0, 40) : undefined,
    maxLength: 40,
    hint: 'such as 30m, 2h or 1d',
    regex: '^\\s*(?:\\d{1,9}[smhd]|P[0-9A-Z]+)\\s*$',
    error: `${label} must be a duration such as 90s, 15m, 8h or 2d.`,
  };
}

/** What a number or duration may be, in words; empty where it may be anything. */
function rangeOf({ type, min, max }: FieldSpec): string {
  if (type !== 'number' && type !== 'duration') return '';
  const show = type === 'duration' ? exactDuration : String;
  if (min !== null && max !== null) return `from ${show(min)} to ${show(max)}`;
  if (min !== null) return `at least ${show(min)}`;
  return max === null ? '' : `at most ${show(max)}`;
}

function prefilled(value: unknown, maxLength: number, limits: FormLimits): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const text = String(value).slice(0, maxLength).toWellFormed();
  return text.length > limits.prefill ? undefined : text;
}

function nextOf(workflow: Workflow): string {
  const stages = workflow.stages.map((stage) => name(stage.name, 40)).join(', then ');
  return `Decided by ${name(stages, 200)}, within ${formatDuration(workflow.expireMs)}.`;
}
