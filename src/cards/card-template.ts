// The package's main entry brings types that our compiler settings reject.
import { Template } from 'adaptivecards-templating/lib/template-engine.js';
import { Lru } from '../lib/lru.ts';

/** An Adaptive Card as JSON. */
export type Card = Record<string, unknown>;

/**
 * The input of a template. Booleans, lists and objects are structure, which conditions and `$data`
 * read. Everything else is content: the template engine never sees it, and `undefined` removes its
 * property from the card.
 */
export type ModelValue = string | number | boolean | undefined | Whole | Model | readonly Model[];

export interface Model {
  readonly [name: string]: ModelValue;
}

/** JSON that is inserted as a whole: choices, user ids. */
export class Whole {
  readonly json: unknown;

  constructor(json: unknown) {
    this.json = json;
  }
}

/** Expanding a template takes about 0.5 ms, so results are cached. */
const MAX_SKELETONS = 200;

/**
 * An Adaptive Card template. The engine expands it once for each shape of model (which flags, how
 * many rows), with numbered placeholders for content. `render` then replaces the placeholders. So
 * the engine never evaluates text that people wrote.
 */
export class CardTemplate {
  readonly #name: string;
  readonly #payload: object;
  readonly #skeletons = new Lru<object>(MAX_SKELETONS);
  #template: Template | undefined;

  constructor(name: string, payload: object) {
    this.#name = name;
    this.#payload = payload;
  }

  /**
   * The card for a model.
   *
   * @throws Error where the template names a property that the model lacks.
   */
  render(model: Model): Card {
    const contents: unknown[] = [];
    const $root = mark(model, contents);
    const shape = JSON.stringify($root);
    let skeleton = this.#skeletons.get(shape);
    if (skeleton === undefined) {
      // Parsing takes about 0.1 s, so it happens at the first card, not at start.
      this.#template ??= new Template(this.#payload);
      skeleton = this.#template.expand({ $root });
      const open = /\$\{[^}]*\}/.exec(JSON.stringify(skeleton));
      if (open) throw new Error(`the ${this.#name} template left "${open[0]}" open`);
      this.#skeletons.set(shape, skeleton);
    }
    return fill(skeleton, contents) as Card;
  }
}

/** Splits a sentence into text runs; the values of `{name}` placeholders are bold. */
export function boldRuns(
  sentence: string,
  names: Readonly<Record<string, string>>,
): readonly Model[] {
  return sentence
    .split(/(\{\w+\})/)
    .filter((piece) => piece !== '')
    .map((piece) => {
      const bold = /^\{(\w+)\}$/.exec(piece)?.[1];
      return bold === undefined
        ? { text: piece, weight: undefined }
        : { text: names[bold], weight: 'Bolder' };
    });
}

const MARK = /\uE000(\d+)\uE001/g;
const ONLY_MARK = /^\uE000(\d+)\uE001$/;

function mark(value: ModelValue, contents: unknown[]): unknown {
  if (typeof value === 'boolean') return value;
  if (isList(value)) return value.map((item) => mark(item, contents));
  if (typeof value === 'object' && !(value instanceof Whole)) {
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [name, mark(inner, contents)]),
    );
  }
  contents.push(value instanceof Whole ? value.json : value);
  return `\uE000${contents.length - 1}\uE001`;
}

function isList(value: ModelValue): value is readonly Model[] {
  return Array.isArray(value);
}

function fill(node: unknown, contents: readonly unknown[]): unknown {
  if (typeof node === 'string') return fillText(node, contents);
  if (Array.isArray(node)) return node.map((item) => fill(item, contents));
  if (typeof node !== 'object' || node === null) return node;
  const filled: Card = {};
  for (const [name, inner] of Object.entries(node)) {
    // The engine leaves null where a condition removed an object.
    const value = inner === null ? undefined : fill(inner, contents);
    if (value !== undefined) filled[name] = value;
  }
  return filled;
}

function fillText(text: string, contents: readonly unknown[]): unknown {
  if (!text.includes('\uE000')) return text;
  const only = ONLY_MARK.exec(text);
  if (only) return contents[Number(only[1])];
  return text.replace(MARK, (_, at) => String(contents[Number(at)] ?? ''));
}
