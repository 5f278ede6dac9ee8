import { typedDuration } from '../lib/duration.ts';
import { escapeMarkdown } from '../lib/escape-markdown.ts';
import type { FieldSpec, Workflow } from '../domain/workflow/workflow.ts';
import { MAX_REASON_LENGTH } from '../domain/request/submit.ts';
import { refuse } from '../domain/refusal.ts';
import { checkField } from '../domain/workflow/fields.ts';
import { holds } from '../domain/workflow/plan.ts';
import { refusalText } from '../text/text.ts';
import type { Text } from '../text/text.ts';
import type { RequestForm } from '../usecases/ports/cards.ts';
import { Whole } from './card-template.ts';
import type { Model } from './card-template.ts';
import { formPattern } from './form-pattern.ts';
import { fit, name } from './plain-text.ts';

/** What a form leaves out where it would be too large for a message. */
export interface FormLimits {
  /** Maximum length of prefilled text; of longer text the form says that it must be typed again. */
  readonly prefill: number;
  /**
   * Maximum length of a choice list; above it the person types the choice and the service checks
   * it.
   */
  readonly choices: number;
}

/** From the fullest form to the barest. What somebody typed goes last. */
export const FORM_LIMITS: readonly FormLimits[] = [
  { prefill: Infinity, choices: Infinity },
  { prefill: Infinity, choices: 20 },
  { prefill: 2_000, choices: 20 },
  { prefill: 200, choices: 20 },
  { prefill: 0, choices: 20 },
];

// From this length on, a list without a search is hard to use.
const SEARCHABLE_FROM = 10;
/** How much of what an input cannot hold is repeated below it. */
const SHOWN_TYPED = 200;

/** The model of the form template. `chat`: for a message; otherwise for a dialog. */
export function formModel(
  text: Text,
  form: RequestForm,
  { chat, limits }: { chat: boolean; limits: FormLimits },
): Model {
  const { workflow, problem, rest = '' } = form;
  const fields = workflow.fields.map((spec) => fieldModel(text, spec, { form, limits }));
  const reason = reasonModel(text, form, limits);
  const wrong = [
    ...fields.flatMap((field) => (field.wrong ? [field.shortLabel] : [])),
    ...(reason.reasonWrong === true ? [text.form.reason] : []),
  ];
  const ofField = workflow.fields.some(({ id }) => id === problem?.field);
  const refused = problem === undefined || ofField ? '' : shortly(refusalText(text, problem));
  const message = form.message ?? refused;
  return {
    chat,
    id: workflow.id,
    title: name(workflow.title, 160),
    described: workflow.description !== null,
    description: descriptionOf(workflow),
    wrong: message !== '' || wrong.length > 0,
    problem: message || text.form.pleaseCheck({ labels: wrong }),
    unread: rest !== '',
    rest: text.form.unread({ text: name(rest, 400) }),
    fields: fields.map((field) => field.model),
    ...reason,
    next: nextOf(text, form),
  };
}

/** A workflow's description, cut to the room on a card. */
export function descriptionOf(workflow: Workflow): string {
  return fit(workflow.description ?? '', { characters: 400, lines: 6 }).text;
}

/** What was filled in for a field: undefined where it is empty. */
function givenFor({ values }: RequestForm, { id }: FieldSpec): unknown {
  const given = Object.hasOwn(values, id) ? values[id] : undefined;
  return given === null || given === '' ? undefined : given;
}

/** The input of a field. Below it stands what is wrong, and what was typed and is not in it. */
function fieldModel(
  text: Text,
  spec: FieldSpec,
  { form, limits }: { form: RequestForm; limits: FormLimits },
): { model: Model; wrong: boolean; shortLabel: string } {
  const given = givenFor(form, spec);
  const checked = given === undefined ? undefined : checkField(spec, given);
  const own = checked?.ok === false ? checked.refusal : undefined;
  const refusal = form.problem?.field === spec.id ? form.problem : own;
  const model = inputModel(text, spec, { value: given ?? spec.default, limits });
  const problems = [
    ...(refusal === undefined ? [] : [shortly(refusalText(text, refusal))]),
    ...(given === undefined || model.value !== undefined ? [] : [lostText(text, given)]),
  ];
  const wrong = problems.length > 0;
  return {
    model: { ...model, wrong, problem: wrong ? problems.join(' ') : undefined },
    wrong,
    shortLabel: name(spec.label, 60),
  };
}

/** What was typed, for an input that cannot hold it. */
function lostText({ form }: Text, given: unknown): string {
  const typed = typeof given === 'string' ? given : JSON.stringify(given);
  return typed.length > SHOWN_TYPED
    ? form.typedTooLong({ characters: typed.length })
    : form.typed({ value: name(typed, SHOWN_TYPED) });
}

function inputModel(
  text: Text,
  spec: FieldSpec,
  { value, limits }: { value: unknown; limits: FormLimits },
): Model {
  const { form } = text;
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
      return { ...common, ...kind('boolean'), ...booleanModel(value) };
    case 'number':
      return { ...common, ...numberModel(spec, value), error: form.wrong.number({ label, range }) };
    case 'choice':
      if (spec.choices.length <= limits.choices) {
        return { ...common, ...choiceModel(form, spec, value) };
      }
      return { ...common, ...textModel(form, spec, { value, limits }), hint: form.typeChoice };
    case 'duration':
      return { ...common, ...durationModel(form, label, { value, limits }) };
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
  const filled = prefilled(value, limits);
  // An input of one line would drop line breaks.
  const lines = spec.type === 'multiline' || filled?.includes('\n') === true;
  return {
    ...kind(lines ? 'multiline' : 'text'),
    value: filled,
    maxLength: roomFor(filled, spec.maxLength),
    regex: formPattern(spec.pattern),
    error: form.wrong.text({ label: name(spec.label, 80), required: spec.required, pattern }),
  };
}

/** A toggle has no empty state. For what is neither true nor false it stays off, and a
 * note below shows the text. */
function booleanModel(value: unknown): Model {
  const on = value === true || value === 'true';
  const off = value === false || value === 'false' || value === null;
  return { value: on || off ? String(on) : undefined };
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

function durationModel(
  form: FormText,
  label: string,
  { value, limits }: { value: unknown; limits: FormLimits },
): Model {
  const filled = typeof value === 'number' ? typedDuration(value) : prefilled(value, limits);
  return {
    ...kind('text'),
    value: filled,
    maxLength: roomFor(filled, 40),
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

/** Text as it starts an input; undefined where there is none, or no room for it. */
function prefilled(value: unknown, limits: FormLimits): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const text = String(value).toWellFormed();
  return text.length > limits.prefill ? undefined : text;
}

/** The maximum length of an input; none where it starts with more, which a client would cut. */
function roomFor(filled: string | undefined, maxLength: number): number | undefined {
  return filled !== undefined && filled.length > maxLength ? undefined : maxLength;
}

/** Ids are unique in a card, and the workflow may have a field named `reason`. */
function reasonModel(text: Text, { workflow, values }: RequestForm, limits: FormLimits): Model {
  const given = Object.hasOwn(values, 'reason') ? values['reason'] : undefined;
  const filled = prefilled(given, limits);
  const long = typeof given === 'string' && given.length > MAX_REASON_LENGTH;
  const lost = filled === undefined && typeof given === 'string' && given !== '';
  const problems = [
    ...(long
      ? [refusalText(text, refuse('reason_too_long', { max: MAX_REASON_LENGTH }).refusal)]
      : []),
    ...(lost ? [lostText(text, given)] : []),
  ];
  return {
    asksReason: !workflow.fields.some(({ id }) => id === 'reason'),
    reason: filled,
    reasonRoom: roomFor(filled, MAX_REASON_LENGTH),
    reasonWrong: problems.length > 0,
    reasonProblem: problems.length > 0 ? problems.join(' ') : undefined,
  };
}

/**
 * Who will decide: the stages that apply to what is filled in so far. A stage whose condition does
 * not hold yet is not named.
 */
function nextOf({ form: words, format }: Text, form: RequestForm): string {
  const { stages, fields, expireMs } = form.workflow;
  const filled = Object.fromEntries(
    fields.flatMap((spec) => {
      const given = givenFor(form, spec);
      const checked = given === undefined ? undefined : checkField(spec, given);
      const value = checked?.ok ? checked.value : spec.default;
      return value === null ? [] : [[spec.id, value]];
    }),
  );
  const asked = stages.filter(({ when }) => when === null || holds(when, filled));
  return words.next({
    stages: asked.map((stage) => name(stage.name, 40)),
    within: format.duration(expireMs),
    more: asked.length < stages.length,
  });
}

function shortly(sentence: string): string {
  return fit(sentence, { characters: 500, lines: 4 }).text;
}
