import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesUnder, ROOT } from '../conventions/tree.ts';

/** A fenced code block of a page. */
export interface CodeBlock {
  readonly page: string;
  /** Line of the opening fence, from 1. */
  readonly line: number;
  /** First word behind the fence, such as `sh`. */
  readonly language: string;
  /** Whether the word `runnable` stands behind the language. */
  readonly runnable: boolean;
  readonly code: string;
}

const FENCE = /^( *)(`{3,})([^`\n]*)$/;

/** The blocks of a page, in order; indentation of the fence is taken from the code. */
export function blocksOf({ path, text }: { path: string; text: string }): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let open: { line: number; indent: string; fence: string; info: string; code: string[] } | undefined;
  text.split('\n').forEach((line, at) => {
    const [, indent = '', fence = '', info = ''] = FENCE.exec(line) ?? [];
    if (open === undefined) {
      if (fence !== '') open = { line: at + 1, indent, fence, info: info.trim(), code: [] };
      return;
    }
    if (fence !== open.fence || info !== '') {
      open.code.push(line.startsWith(open.indent) ? line.slice(open.indent.length) : line);
      return;
    }
    const [language = '', ...marks] = open.info.split(/\s+/);
    const runnable = marks.includes('runnable');
    blocks.push({ page: path, line: open.line, language, runnable, code: open.code.join('\n') });
    open = undefined;
  });
  if (open !== undefined) throw new Error(`${path}:${open.line}: the block has no end`);
  return blocks;
}

/** Every block of README.md and docs, of today's pages: an ADR keeps the text of its time. */
export function allBlocks(): CodeBlock[] {
  const readme = { path: 'README.md', text: readFileSync(join(ROOT, 'README.md'), 'utf8') };
  return [readme, ...filesUnder(['docs'], ['.md'])].flatMap(blocksOf);
}

/** The line by which the list of other blocks names one: its first line that says something. */
export function firstLine({ code }: CodeBlock): string {
  return code.split('\n').find((line) => line.trim() !== '')?.trim() ?? '';
}
