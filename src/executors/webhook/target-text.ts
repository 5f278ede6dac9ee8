import { withoutParts } from './hidden-parts.ts';
import { own, parseStrictObject } from '../../lib/strict-json.ts';

/** Limits of the target's text in cards and responses (characters). */
const MAX_MESSAGE_LENGTH = 300;
const MAX_REFERENCE_LENGTH = 200;
/** Deeper answers are ignored, like those that strict-json.ts rejects. */
const MAX_DEPTH = 32;

/**
 * Reads `reference` and `message` (or `detail` and `title` of RFC 9457) of a JSON answer. The body is
 * untrusted: ignores everything else. Both are sanitised and lack the hidden parts of the address,
 * which many frameworks repeat in a 404; null where missing or invalid.
 */
export function readAnswer(body: string, hidden: readonly string[] = []) {
  const parsed = parseStrictObject(Buffer.from(body), MAX_DEPTH) ?? {};
  const text = (name: string, limit: number) => {
    const value = own(parsed, name);
    return typeof value === 'string' ? plainLine(withoutParts(value, hidden), limit) : null;
  };
  return {
    reference: text('reference', MAX_REFERENCE_LENGTH),
    message:
      text('message', MAX_MESSAGE_LENGTH) ??
      text('detail', MAX_MESSAGE_LENGTH) ??
      text('title', MAX_MESSAGE_LENGTH),
  };
}

/**
 * Sanitises a text to one line of at most `limit` characters: removes control, format and bidi
 * characters and lone surrogates, and collapses white space. Null if nothing is left.
 */
export function plainLine(text: string, limit: number): string | null {
  const line = text
    .slice(0, limit * 8)
    .toWellFormed()
    .replace(/[\s\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/[\p{Cf}\p{Co}\p{Cn}\uFFFD]/gu, '')
    .trim();
  if (line === '') return null;
  const characters = [...line];
  return characters.length <= limit ? line : `${characters.slice(0, limit - 1).join('')}…`;
}
