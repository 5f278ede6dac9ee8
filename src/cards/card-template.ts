// Not the package's main entry: its types pull in sources that our compiler settings refuse.
import { Template } from 'adaptivecards-templating/lib/template-engine.js';
import { Lru } from '../lib/lru.ts';
import { shapeOf, splitMarkers, withMarkers } from './slots.ts';
import type { Model } from './slots.ts';

/**
 * A card as a text of JSON with gaps. What stands between gaps is text already; a gap takes the
 * value of a slot, or of several within one string.
 */
type Part = string | Gap | Group;

interface Gap {
  /** Slots and text in turn where the value is a string made of several; else one slot. */
  readonly of: number | readonly (string | number)[];
  /** What stands around the value; both are left out with it where it is undefined. */
  readonly before: string;
  readonly after: string;
  readonly absent: string;
}

/** An object of which every property may be left out: its last comma goes. */
interface Group {
  readonly parts: readonly Part[];
}

/** Shapes of card that are kept; another one costs an expansion (about 0.5 ms). */
const MAX_SHAPES = 200;

/**
 * An Adaptive Card template. Expanding one costs about half a millisecond, far more than all the
 * rest of a card. So it is expanded once for every shape of card (which sections, how many rows),
 * with slots in place of values, and kept as text that later cards of that shape fill in.
 */
export class CardTemplate {
  readonly #name: string;
  readonly #payload: object;
  #template: Template | undefined;
  readonly #skeletons = new Lru<string, readonly Part[]>(MAX_SHAPES);

  constructor(name: string, payload: object) {
    this.#name = name;
    this.#payload = payload;
  }

  /** Parses the template, unless that was done: it takes up to 0.1 s, once. */
  prepare(): Template {
    return (this.#template ??= new Template(this.#payload));
  }

  /**
   * The card for a model, as JSON. Throws where the template names something that the model does
   * not hold.
   */
  render(model: Model): string {
    const { key, values } = shapeOf(model);
    let parts = this.#skeletons.get(key);
    if (parts === undefined) {
      const card: unknown = this.prepare().expand({ $root: withMarkers(model) });
      parts = joined(compile(card, this.#name));
      this.#skeletons.set(key, parts);
    }
    return fill(parts, values);
  }
}

function fill(parts: readonly Part[], values: readonly unknown[]): string {
  let text = '';
  for (const part of parts) {
    if (typeof part === 'string') text += part;
    else if ('parts' in part) text += withoutComma(fill(part.parts, values));
    else if (typeof part.of !== 'number') text += jsonOf(mixed(part.of, values));
    else {
      const value = values[part.of];
      text += value === undefined ? part.absent : part.before + jsonOf(value) + part.after;
    }
  }
  return text;
}

function mixed(of: readonly (string | number)[], values: readonly unknown[]): string {
  let text = '';
  for (const piece of of) {
    const value = typeof piece === 'string' ? piece : values[piece];
    if (value !== undefined) text += String(value);
  }
  return text;
}

function withoutComma(text: string): string {
  return text.endsWith(',') ? text.slice(0, -1) : text;
}

function compile(node: unknown, name: string): readonly Part[] {
  if (typeof node === 'string') return compileText(node, name);
  if (Array.isArray(node)) {
    const items = node.map((item) => compile(item, name));
    return ['[', ...items.flatMap((item, at) => (at === 0 ? item : [',', ...item])), ']'];
  }
  if (typeof node !== 'object' || node === null) return [jsonOf(node)];
  // The engine leaves null where a condition dropped the object of a property.
  const properties = Object.entries(node)
    .filter(([, value]) => value !== null)
    .map(([key, value]) => ({ key: `${jsonOf(key)}:`, value: compile(value, name) }));
  // One that is always there goes first, so that those which may be absent bring their comma.
  const anchor = properties.findIndex(({ value }) => optional(value) === undefined);
  const ordered = properties.map(({ key, value }, at): readonly Part[] => {
    const gap = optional(value);
    const [before, after] = at < anchor || anchor < 0 ? ['', ','] : [at === anchor ? '' : ',', ''];
    if (gap === undefined) return [before + key, ...value, after];
    return [{ ...gap, before: before + key, after, absent: '' }];
  });
  return anchor < 0 && ordered.length > 0
    ? ['{', { parts: ordered.flat() }, '}']
    : ['{', ...ordered.flat(), '}'];
}

/** The gap of a property that is left out where its slot holds undefined. */
function optional(value: readonly Part[]): Gap | undefined {
  const [only] = value;
  if (value.length !== 1 || only === undefined || typeof only === 'string') return undefined;
  return 'of' in only && typeof only.of === 'number' ? only : undefined;
}

function compileText(text: string, name: string): readonly Part[] {
  // Only the template's own text is here (values are markers), so this is an expression that
  // found nothing in the model: the engine would show it to people as it stands.
  if (text.includes('${')) throw new Error(`the ${name} template left "${text}" open`);
  const of = splitMarkers(text);
  const [first] = of;
  if (of.every((part) => typeof part === 'string')) return [jsonOf(text)];
  const around = { before: '', after: '', absent: 'null' };
  return [{ ...around, of: of.length === 1 && typeof first === 'number' ? first : of }];
}

/** The same parts with neighbouring texts made one. */
function joined(parts: readonly Part[]): readonly Part[] {
  const result: Part[] = [];
  for (const part of parts) {
    const last = result.at(-1);
    if (typeof part === 'string' && typeof last === 'string') {
      result[result.length - 1] = last + part;
    } else result.push(part);
  }
  return result.map((part) => {
    if (typeof part === 'string') return narrow(part);
    if ('parts' in part) return { parts: joined(part.parts) };
    const { before, after, of } = part;
    return { ...part, before: narrow(before), after: narrow(after), of: narrowed(of) };
  });
}

function narrowed(of: Gap['of']): Gap['of'] {
  if (typeof of === 'number') return of;
  return of.map((piece) => (typeof piece === 'string' ? narrow(piece) : piece));
}

/** What JSON takes between quotes as it stands. */
const PLAIN = /^[ !#-[\]-~]*$/;
/** What does not fit into one byte; a single such character doubles the memory of a whole card. */
const WIDE = /[^\0-\xff]/;
/** Dots, dashes and pictures: those that our own labels use are among them. */
const SIGNS = /[\u2000-\u2bff]/g;

/** A value as JSON text, with the signs that our own labels use written as escapes. */
function jsonOf(value: unknown): string {
  if (typeof value === 'string' && value.length < 100 && PLAIN.test(value)) return `"${value}"`;
  const text = JSON.stringify(value);
  return WIDE.test(text) ? narrow(text.replace(SIGNS, escaped)) : text;
}

function escaped(sign: string): string {
  return `\\u${sign.charCodeAt(0).toString(16)}`;
}

/**
 * The same text in one byte a character where that can be: V8 keeps what was cut out of wide text
 * wide, and everything that it is joined to.
 */
function narrow(text: string): string {
  return WIDE.test(text) ? text : Buffer.from(text, 'latin1').toString('latin1');
}
