import type { Params, Refusal } from '../domain/refusal.ts';
import type { en } from './en.ts';

/** The sentences of one language. */
export type Text = typeof en;

/** The sentence of a refusal. */
export function refusalText(text: Text, { code, params }: Refusal): string {
  // refuse() has held the params against the code.
  const sentence = text.refusals[code] as (params: Params) => string;
  return sentence(params);
}
