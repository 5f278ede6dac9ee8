/** What begins, ends or builds something inside a line of Markdown, HTML tags and entities too. */
const INLINE = /[\\`*_[\]<>~&]/g;
/** What makes a heading, a list, a quote or a rule of the line that it starts. */
const LINE_START = /^(\s*(?:\d{1,9}(?=[.)])|))([#+\-=.)])/;
const BREAKS = /[\t\r\n\u2028\u2029]+/g;
/** Characters that hide text or turn its order around. */
const INVISIBLE = /[\p{Cc}\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu;

/**
 * Text of people as Markdown that shows just that text, for messages and TextBlocks: no link,
 * mention, picture, heading, HTML or new line comes of it, and characters that hide or reorder text
 * are dropped. CommonMark section 2.4: a backslash takes an ASCII punctuation its meaning.
 */
export function escapeMarkdown(text: string): string {
  return text
    .replace(BREAKS, ' ')
    .replace(INVISIBLE, '')
    .replace(INLINE, '\\$&')
    .replace(LINE_START, '$1\\$2');
}
