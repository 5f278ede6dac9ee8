/**
 * A value of one request (or form) that goes into a card as it is. Template expressions never see
 * it: they are worked out once for a shape of card, and slots are filled in afterwards. Text of
 * people therefore cannot reach the template engine at all.
 */
export class Slot {
  readonly value: unknown;

  constructor(value: unknown) {
    this.value = value;
  }
}

/** What a template is given: structure (short tokens, flags, lists) with slots at its leaves. */
export type ModelValue = Slot | string | boolean | readonly Model[] | Model;

export interface Model {
  readonly [name: string]: ModelValue;
}

/** Marks a value as content; `undefined` leaves its property out of the card. */
export function slot(value: unknown): Slot {
  return new Slot(value);
}

/** A model taken apart: the key of its shape, and the values of its slots in order. */
export interface Shape {
  readonly key: string;
  readonly values: readonly unknown[];
}

// Only such tokens are structure; anything else has to be a slot, or people's text would become
// part of a cache key and reach the template engine.
const TOKEN = /^[A-Za-z0-9_-]{0,40}$/;

/** Takes a model apart. Throws where text stands that is neither a token nor a slot. */
export function shapeOf(model: Model): Shape {
  const values: unknown[] = [];
  return { key: describe(model, values), values };
}

function describe(value: ModelValue, values: unknown[]): string {
  if (value instanceof Slot) {
    values.push(value.value);
    return '*';
  }
  if (typeof value === 'boolean') return value ? '1' : '0';
  if (typeof value === 'string') {
    if (!TOKEN.test(value)) throw new Error('text in a card model must be a slot');
    return `"${value}"`;
  }
  let key = '';
  if (isList(value)) {
    for (const item of value) key += describe(item, values);
    return `[${key}]`;
  }
  for (const name in value) {
    const inner = value[name];
    if (inner !== undefined) key += letterOf(name) + describe(inner, values);
  }
  return `{${key}}`;
}

/** One character for each name that models use, as keys are looked up for every card. */
const letters = new Map<string, string>();
const MAX_NAMES = 1_000;

function letterOf(name: string): string {
  const known = letters.get(name);
  if (known !== undefined) return known;
  if (letters.size === MAX_NAMES) throw new Error('card models use too many names');
  const letter = String.fromCharCode(0xa1 + letters.size);
  letters.set(name, letter);
  return letter;
}

const OPEN = '\uE000';
const CLOSE = '\uE001';

/** What is found between slots of a string: text, or the index of a slot. */
export function splitMarkers(text: string): readonly (string | number)[] {
  if (!text.includes(OPEN)) return [text];
  const parts: (string | number)[] = [];
  for (const part of text.split(OPEN)) {
    const end = part.indexOf(CLOSE);
    if (end > 0) parts.push(Number(part.slice(0, end)));
    const rest = part.slice(end + 1);
    if (rest !== '') parts.push(rest);
  }
  return parts;
}

/** The same model for the template engine: every slot is a marker with its index. */
export function withMarkers(model: Model): unknown {
  let next = 0;
  const mark = (value: ModelValue): unknown => {
    if (value instanceof Slot) return `${OPEN}${next++}${CLOSE}`;
    if (typeof value !== 'object') return value;
    if (isList(value)) return value.map(mark);
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, mark(inner)]));
  };
  return mark(model);
}

function isList(value: ModelValue): value is readonly Model[] {
  return Array.isArray(value);
}
