import { en } from '../../src/text/en.ts';
import type { Text } from '../../src/text/text.ts';

/** A pseudo-language: English sentences in marks. Text without marks is not from the catalogue. */
export const pseudo: Text = { ...inMarks(en), locale: 'qps' };

/** The same value with every string in quotes, to tell data from sentences; codes are unchanged. */
export function asData<Value>(value: Value): Value {
  return quoted(value) as Value;
}

/** Members that only code reads. */
const CODES = ['state', 'word', 'type', 'code', 'found', 'via', 'rule'];
const isCode = (name: string, value: unknown) =>
  CODES.includes(name) || value === 'person' || value === 'workload';
/** Objects whose keys are data. */
const KEYED_BY_DATA = ['fields', 'claims', 'values'];

/** Texts that people type to the bot, in every language. */
const TYPED = /^(?:request|status 17|sign out|help)$/;

/** The letters of a shown text that come from no sentence, data or time. */
export function untranslated(shown: string): string | undefined {
  const left = withoutSentences(shown)
    // A truncated text ends in an ellipsis.
    .replace(/«[^»]*?(?:»|…)/g, '')
    .replace(/\{\{(?:DATE|TIME)\([^)]*\)\}\}/g, '');
  return /\p{L}/u.test(left) && !TYPED.test(left.trim()) ? left : undefined;
}

/** Texts of cards, messages and answers from neither a sentence nor the request's data. */
export function untranslatedIn(value: unknown): readonly string[] {
  return textsOf(value).filter((text) => untranslated(text) !== undefined);
}

/** The same for an HTML page. */
export function untranslatedOn(html: string): readonly string[] {
  // The code of a refusal is for support, in every language.
  const shown = html.replace(/<(svg|code|style)\b[^]*?<\/\1>/g, '');
  const attributes = [...shown.matchAll(/ (?:data-[\w-]+|title|alt|aria-label)="([^"]*)"/g)];
  const nodes = [...shown.matchAll(/>([^<]+)</g)];
  return [...attributes, ...nodes]
    .map(([, text = '']) => text)
    .filter((text) => untranslated(text) !== undefined);
}

/** Members of cards and messages that people do not read. All others are text. */
const UNREAD =
  /^(?:type|version|valueOn|valueOff|id|verb|data|userIds|targetElements|regex|style|color|weight|size|spacing|width|height|fontType|verticalContentAlignment|contentType|connectionName|uri|code)$/;

function textsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(textsOf);
  if (typeof value !== 'object' || value === null) return [];
  const node = value as Readonly<Record<string, unknown>>;
  const { type, inlines } = node;
  if (type === 'RichTextBlock' && Array.isArray(inlines)) {
    return textsOf(inlines.map((run: { text: string }) => run.text).join(''));
  }
  // The initial value of an input, the value of a choice, the link of a sign-in button.
  const sends = String(type).startsWith('Input.') || ('title' in node && 'value' in node);
  const unread = (name: string) =>
    UNREAD.test(name) || (name === 'value' && sends && typeof node[name] === 'string');
  return Object.entries(node).flatMap(([name, inner]) => (unread(name) ? [] : textsOf(inner)));
}

function withoutSentences(shown: string): string {
  let depth = 0;
  let left = '';
  for (const sign of shown) {
    if (sign === '⟦') depth += 1;
    else if (sign === '⟧') depth -= 1;
    else if (depth === 0) left += sign;
  }
  return left;
}

function inMarks<Value>(value: Value): Value {
  return marked(value) as Value;
}

function marked(value: unknown): unknown {
  if (typeof value === 'string') return `⟦${value}⟧`;
  if (typeof value === 'function') return (...given: unknown[]) => marked(value(...given));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, marked(inner)]));
}

function quoted(value: unknown, keyed = false): unknown {
  if (typeof value === 'string') return `«${value}»`;
  if (Array.isArray(value)) return value.map((inner) => quoted(inner));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      keyed ? `«${name}»` : name,
      isCode(name, inner) ? inner : quoted(inner, KEYED_BY_DATA.includes(name)),
    ]),
  );
}
