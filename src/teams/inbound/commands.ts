import { MENTION } from './read-text.ts';

/** A chat command. */
export type Command =
  | {
      readonly name: 'request';
      /** The words that name a workflow; may be empty. */
      readonly workflow: string;
      readonly values: Readonly<Record<string, string>>;
      /** What is behind the values and belongs to none of them, as it was typed. */
      readonly rest: string;
    }
  | { readonly name: 'status'; readonly number: number }
  | { readonly name: 'sign-out' }
  | { readonly name: 'help' }
  | { readonly name: 'unknown' };

const MAX_VALUES = 60;
/**
 * `key=value`, `key="a few words"`, a mention, or a word. Unambiguous, so matching takes linear
 * time.
 */
const PARTS =
  /([A-Za-z][\w-]{0,63})=(?:"((?:\uE000[^\uE001]*\uE001|[^"\uE000])*)"|((?:\uE000[^\uE001]*\uE001|[^\s\uE000])*))|\uE000[^\uE001]*\uE001|([^\s\uE000]+)/g;

/** What follows the mentions at the start: a word, and all behind it. */
const FIRST_WORD = /^(?:\s|\uE000[^\uE001]*\uE001)*([^\s\uE000]*)([^]*)$/;

/**
 * Reads a chat command: `request`, `request <workflow> [key=value …]`, `status <number>`, `sign
 * out`, `help`. `text` comes from `readText`. The name is case-insensitive; curly quotes count as
 * straight ones.
 */
export function parseCommand(text: string): Command {
  const plain = text.replace(/[\u201c\u201d\u201e]/g, '"').replace(/\r\n?/g, '\n');
  const [, first = '', behind = ''] = FIRST_WORD.exec(plain) ?? [];
  const rest = behind.replace(MENTION, ' ').replace(/\s+/g, ' ').trim();
  switch (first.replace(/^\//, '').toLowerCase()) {
    case 'request':
      return { name: 'request', ...readRequest(behind) };
    case 'status': {
      const digits = /^#?(\d{1,9})$/.exec(rest)?.[1];
      return digits === undefined ? { name: 'help' } : { name: 'status', number: Number(digits) };
    }
    case 'sign':
      return { name: rest.toLowerCase() === 'out' ? 'sign-out' : 'unknown' };
    case 'signout':
      return { name: 'sign-out' };
    case 'help':
    case '':
      return { name: 'help' };
    default:
      return { name: 'unknown' };
  }
}

function readRequest(text: string) {
  const words: string[] = [];
  const values = new Map<string, string>();
  const rest: string[] = [];
  for (const [part, key, quoted, plain, word] of text.matchAll(PARTS)) {
    const isNew = key !== undefined && !values.has(key) && values.size < MAX_VALUES;
    if (isNew) values.set(key, withNames(quoted ?? plain ?? ''));
    else if (word !== undefined && values.size === 0) words.push(word);
    else if (key !== undefined || word !== undefined) rest.push(withNames(part));
  }
  return {
    workflow: words.join(' '),
    values: Object.fromEntries(values),
    rest: rest.join(' '),
  };
}

function withNames(text: string): string {
  return text.replace(MENTION, '$1');
}
