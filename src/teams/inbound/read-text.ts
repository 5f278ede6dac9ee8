import { jsonOr } from '../../lib/strict-json.ts';
import type { JsonObject } from '../../lib/strict-json.ts';

/** A mention, as `readText` marks it: the name between two characters that no text has otherwise. */
export const MENTION = /\uE000([^\uE001]*)\uE001/g;

/** A mention in the text. Teams leaves the text of its entity out where the name holds `&`. */
const TAGGED = /<at(?:\s[^<>]*)?>([^<]*)<\/at>/gi;
/** What is left of a tag that was cut. */
const HALF_TAG = /<\/?at(?:\s[^<>]*)?>/gi;
const ESCAPED = /&(?:(amp|lt|gt|quot|apos|nbsp)|#(\d{1,6})|#x([0-9a-f]{1,5}));/gi;
const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
};

/**
 * The text of a message for `parseCommand`. Teams sends markup: mentions are tags, and some
 * characters are escaped.
 */
export function readText({ text, recipient, entities }: JsonObject): string {
  if (typeof text !== 'string') return '';
  const bot = jsonOr(recipient).id;
  let left = text.replace(/[\uE000\uE001]/g, '\uFFFD');
  const given: unknown[] = Array.isArray(entities) ? entities.slice(0, 50) : [];
  for (const entity of given) {
    const { type, mentioned, text: mention } = jsonOr(entity);
    if (type !== 'mention' || typeof mention !== 'string' || /^\s*(?:<at|$)/i.test(mention))
      continue;
    if (jsonOr(mentioned).id === bot) left = left.split(mention).join(' ');
  }
  return left
    .replace(TAGGED, (_, name: string) => `\uE000${unescaped(name)}\uE001`)
    .split(/(\uE000[^\uE001]*\uE001)/)
    .map((piece) => (piece.startsWith('\uE000') ? piece : unescaped(piece.replace(HALF_TAG, ' '))))
    .join('')
    .trim();
}

function unescaped(text: string): string {
  return text.replace(ESCAPED, (_, name?: string, decimal?: string, hex?: string) => {
    if (name !== undefined) return NAMED[name.toLowerCase()] ?? '';
    const point = decimal === undefined ? parseInt(hex ?? '', 16) : Number(decimal);
    const isText = point >= 0x20 && point <= 0x10ffff && (point < 0xd800 || point > 0xf8ff);
    return isText ? String.fromCodePoint(point) : '\uFFFD';
  });
}
