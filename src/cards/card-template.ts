// Not the package's main entry: its types pull in sources that our compiler settings refuse.
import { Template } from 'adaptivecards-templating/lib/template-engine.js';
import { Lru } from '../lib/lru.ts';
import { shapeOf, splitMarkers, withMarkers } from './slots.ts';
import type { Model } from './slots.ts';

type Fill = (values: readonly unknown[]) => unknown;

/** A compiled piece of a card; `fixed` pieces hold no slot and are shared by all cards. */
type Piece = { readonly fixed: unknown } | { readonly fill: Fill };

/** Shapes of card that are kept; another one costs an expansion (about 0.5 ms). */
const MAX_SHAPES = 200;

/**
 * An Adaptive Card template. Expanding one costs about half a millisecond, far more than all the
 * rest of a card. So it is expanded once for every shape of card (which sections, how many rows),
 * with slots in place of values, and kept as a skeleton that later cards of that shape fill in.
 */
export class CardTemplate {
  readonly #name: string;
  readonly #template: Template;
  readonly #skeletons = new Lru<string, Fill>(MAX_SHAPES);

  /** Parses the template, which takes milliseconds: make one for all cards. */
  constructor(name: string, payload: object) {
    this.#name = name;
    this.#template = new Template(payload);
  }

  /**
   * The card for a model. Parts without slots are frozen and shared between cards. Throws where
   * the template names something that the model does not hold.
   */
  render(model: Model): Record<string, unknown> {
    const { key, values } = shapeOf(model);
    let fill = this.#skeletons.get(key);
    if (fill === undefined) {
      fill = this.#expand(model);
      this.#skeletons.set(key, fill);
    }
    return fill(values) as Record<string, unknown>;
  }

  #expand(model: Model): Fill {
    const piece = compile(this.#template.expand({ $root: withMarkers(model) }), this.#name);
    if ('fill' in piece) return piece.fill;
    return () => ({ ...(piece.fixed as object) });
  }
}

function compile(node: unknown, name: string): Piece {
  if (typeof node === 'string') return compileText(node, name);
  if (Array.isArray(node)) {
    const pieces = node.map((item) => compile(item, name));
    if (pieces.every(isFixed)) return { fixed: Object.freeze(pieces.map((piece) => piece.fixed)) };
    const fills = pieces.map(filler);
    return { fill: (values) => fills.map((fill) => fill(values)) };
  }
  if (typeof node !== 'object' || node === null) return { fixed: node };
  // The engine leaves null where a condition dropped the object of a property.
  const pieces = Object.entries(node)
    .filter(([, value]) => value !== null)
    .map(([key, value]) => [key, compile(value, name)] as const);
  if (pieces.every(([, piece]) => isFixed(piece))) {
    const fixed = pieces.map(([key, piece]) => [key, 'fixed' in piece ? piece.fixed : null]);
    return { fixed: Object.freeze(Object.fromEntries(fixed)) };
  }
  const fills = pieces.map(([key, piece]) => [key, filler(piece)] as const);
  return { fill: (values) => fillObject(fills, values) };
}

function fillObject(
  fills: readonly (readonly [string, Fill])[],
  values: readonly unknown[],
): object {
  const result: Record<string, unknown> = {};
  for (const [key, fill] of fills) {
    const value = fill(values);
    if (value !== undefined) result[key] = value;
  }
  return result;
}

function compileText(text: string, name: string): Piece {
  // Only the template's own text is here (values are markers), so this is an expression that
  // found nothing in the model: the engine would show it to people as it stands.
  if (text.includes('${')) throw new Error(`the ${name} template left "${text}" open`);
  const parts = splitMarkers(text);
  const [first] = parts;
  if (parts.length === 1 && typeof first === 'number') return { fill: (values) => values[first] };
  if (parts.every((part) => typeof part === 'string')) return { fixed: text };
  return {
    fill: (values) => {
      let result = '';
      for (const part of parts) result += typeof part === 'string' ? part : textOf(values[part]);
      return result;
    },
  };
}

function textOf(value: unknown): string {
  return value === undefined ? '' : String(value);
}

function isFixed(piece: Piece): piece is { readonly fixed: unknown } {
  return 'fixed' in piece;
}

function filler(piece: Piece): Fill {
  return 'fill' in piece ? piece.fill : () => piece.fixed;
}
