import { markHidden } from './hidden-characters.ts';

/** Characters of inline Markdown, HTML tags and entities. */
const INLINE = /[\\`*_[\]<>~&]/g;
/** The start of a line that is a heading, list, quote or rule. */
const LINE_START = /^(\s*(?:\d{1,9}(?=[.)])|))([#+\-=.)])/;
const BREAKS = /[\t\r\n\u2028\u2029]+/g;

/**
 * Escapes text as Markdown that renders as exactly that text, for messages and TextBlocks: without
 * links, mentions, pictures, headings, HTML and line breaks. Marks hidden characters. A backslash
 * escapes ASCII punctuation (CommonMark 2.4).
 */
export function escapeMarkdown(text: string): string {
  return markHidden(text.replace(BREAKS, ' '))
    .replace(INLINE, '\\$&')
    .replace(LINE_START, '$1\\$2');
}
