import { createRequire } from 'node:module';
import type { CardContent } from '../../../src/usecases/ports/cards.ts';

type Card = Record<string, unknown>;
type Node = Readonly<Record<string, unknown>>;

interface AdaptiveCards {
  readonly AdaptiveCard: new () => { parse(json: unknown, context: Context): void };
  readonly SerializationContext: new (version: unknown) => Context;
  readonly Versions: Readonly<Record<string, unknown>>;
}

interface Context {
  readonly eventCount: number;
  getEventAt(index: number): { readonly message: string };
}

const library: AdaptiveCards = createRequire(import.meta.url)(
  'adaptivecards/dist/adaptivecards.js',
);

/** What the Adaptive Cards library finds wrong with a card, read as version 1.5. */
export function problemsOf(card: Card): readonly string[] {
  const context = new library.SerializationContext(library.Versions['v1_5']);
  new library.AdaptiveCard().parse(JSON.parse(JSON.stringify(card)), context);
  return Array.from({ length: context.eventCount }, (_, at) => context.getEventAt(at).message);
}

/** Every object in a card, from the outside in. */
export function nodesOf(value: unknown): readonly Node[] {
  if (Array.isArray(value)) return value.flatMap(nodesOf);
  if (typeof value !== 'object' || value === null) return [];
  return [value as Node, ...Object.values(value).flatMap(nodesOf)];
}

/** All that people can read on a card, one element a line. */
export function textsOf(card: Card): readonly string[] {
  return nodesOf(card).flatMap((node) => {
    if (node['type'] === 'RichTextBlock' && Array.isArray(node['inlines'])) {
      return [node['inlines'].map((run: Node) => String(run['text'])).join('')];
    }
    return node['type'] === 'TextBlock' ? [String(node['text'])] : [];
  });
}

/** The verbs of the buttons, those inside a Deny card too. */
export function verbsOf(card: Card): readonly string[] {
  return nodesOf(card['actions'])
    .filter((node) => node['type'] === 'Action.Execute')
    .map((node) => String(node['verb']));
}

/** The action of a verb. */
export function actionOf(card: Card, verb: string): Node {
  const found = nodesOf(card['actions']).find(
    (node) => node['type'] === 'Action.Execute' && node['verb'] === verb,
  );
  if (!found) throw new Error(`no button ${verb}`);
  return found;
}

/** The input with an id. */
export function inputOf(card: Card, id: string): Node {
  const found = nodesOf(card).find((node) => node['id'] === id);
  if (!found) throw new Error(`no input ${id}`);
  return found;
}

export function bytesOf({ card }: Pick<CardContent, 'card'>): number {
  return Buffer.byteLength(JSON.stringify(card));
}
