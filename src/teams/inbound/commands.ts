import { jsonOr } from '../../lib/strict-json.ts';
import type { JsonObject } from '../../lib/strict-json.ts';

/** A chat command. */
export type Command =
  | {
      readonly name: 'request';
      /** The words that name a workflow; may be empty. */
      readonly workflow: string;
      readonly values: Readonly<Record<string, string>>;
    }
  | { readonly name: 'status'; readonly number: number }
  | { readonly name: 'sign-out' }
  | { readonly name: 'help' }
  | { readonly name: 'unknown' };

const MAX_VALUES = 60;
/** `key=value`, `key="a few words"`, or a word. Unambiguous, so matching takes linear time. */
const PARTS = /([A-Za-z][\w-]{0,63})=(?:"([^"]*)"|(\S*))|(\S+)/g;

/**
 * Reads a chat command: `request`, `request <workflow> [key=value …]`, `status <number>`, `sign
 * out`, `help`. The name is case-insensitive; curly quotes count as straight ones.
 */
export function parseCommand(text: string): Command {
  const plain = text
    .replace(/[\u201c\u201d\u201e]/g, '"')
    .replace(/\s+/g, ' ')
    .trim();
  const [first = ''] = plain.split(' ', 1);
  const rest = plain.slice(first.length).trim();
  switch (first.replace(/^\//, '').toLowerCase()) {
    case 'request':
      return { name: 'request', ...readRequest(rest) };
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

function readRequest(text: string): { workflow: string; values: Record<string, string> } {
  const words: string[] = [];
  const values = new Map<string, string>();
  for (const [, key, quoted, plain, word] of text.matchAll(PARTS)) {
    if (key !== undefined && values.size < MAX_VALUES) values.set(key, quoted ?? plain ?? '');
    if (word !== undefined && values.size === 0) words.push(word);
  }
  return { workflow: words.join(' '), values: Object.fromEntries(values) };
}

/** The text of a message without mentions of the bot. */
export function withoutMention(raw: JsonObject, text: string): string {
  const bot = jsonOr(raw.recipient).id;
  const entities: unknown[] = Array.isArray(raw.entities) ? raw.entities.slice(0, 50) : [];
  let left = text;
  for (const entity of entities) {
    const { type, mentioned, text: mention } = jsonOr(entity);
    if (type !== 'mention' || typeof mention !== 'string' || mention === '') continue;
    if (jsonOr(mentioned).id === bot) left = left.split(mention).join(' ');
  }
  return left.replaceAll('&nbsp;', ' ').trim();
}
