import type { Outcome } from '../domain/outcome.ts';
import { parseStrictObject } from '../lib/strict-json.ts';
import type { Params, Refusal } from '../domain/refusal.ts';
import { en } from './en.ts';

/** The sentences of one language. */
export type Text = typeof en;

/** The sentence of an outcome. A code of another version is shown as it is. */
export function outcomeText(text: Text, { code, params }: Outcome): string {
  const sentences: Partial<Record<string, (params: never) => string>> = text.outcomes;
  // outcomeOf() has checked the params against the code.
  return sentences[code]?.(params as never) ?? code;
}

/** What a failed job said: a sentence, or the code of an outcome with its params as JSON. */
export function failureText(text: Text, error: string): string {
  const [, code = '', json = ''] = /^(\w+) (\{[^]*\})$/.exec(error) ?? [];
  if (!Object.hasOwn(text.outcomes, code)) return error;
  const params = parseStrictObject(Buffer.from(json), 8);
  if (params === undefined) return error;
  return outcomeText(text, { code, params } as Outcome);
}

const TEXTS: Readonly<Record<string, Text>> = { en };

/** The text of a locale (BCP 47), by its language; English where there is no other. */
export function textFor(locale: string | null): Text {
  const language = locale?.split('-', 1)[0]?.toLowerCase() ?? '';
  return (Object.hasOwn(TEXTS, language) ? TEXTS[language] : undefined) ?? en;
}

/** The sentence of a refusal. */
export function refusalText(text: Text, { code, params }: Refusal): string {
  // refuse() has checked the params against the code.
  const sentence = text.refusals[code] as (params: Params) => string;
  return sentence(params);
}

/**
 * The sentence of a refused token or sign-in, with the details in brackets. A code of another
 * version is shown as it is.
 */
export function identityText(
  text: Text,
  { code, about, refusal }: { code: string; about: string | null; refusal: Refusal | null },
): string {
  const sentence = entry(text.identityProblems, code) ?? code;
  const detail = refusal
    ? refusalText(text, refusal)
    : about && (entry(text.identityDetails, about) ?? about);
  return detail === null ? sentence : `${sentence} (${detail})`;
}

function entry(sentences: Readonly<Record<string, string>>, code: string): string | undefined {
  return Object.hasOwn(sentences, code) ? sentences[code] : undefined;
}
