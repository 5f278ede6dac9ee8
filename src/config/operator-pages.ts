import { dirname, resolve } from 'node:path';
import { fileTrouble } from '../lib/file-trouble.ts';
import type { Report } from './report.ts';
import type { ConfigInput } from './schema.ts';

/** The pages whose text is the operator's own. */
const OPERATOR_PAGES = ['home', 'privacy', 'terms'] as const;

export type OperatorPageName = (typeof OPERATOR_PAGES)[number];

/** Another address, or a text of paragraphs with blank lines between; `# ` begins a heading. */
export type OperatorPage = { readonly redirect: string } | { readonly text: string };

export type OperatorPages = Readonly<Partial<Record<OperatorPageName, OperatorPage>>>;

const MAX_CHARS = 65_536;

/** Reads the operator's texts. Paths are relative to the configuration file. */
export function readOperatorPages(
  pages: ConfigInput['server']['pages'],
  given: { file: string; readFile: (path: string) => string; report: Report },
): OperatorPages {
  const entries = OPERATOR_PAGES.flatMap((name) => {
    const value = pages[name];
    const page = value === undefined ? undefined : readPage(name, value, given);
    return page === undefined ? [] : [[name, page] as const];
  });
  return Object.fromEntries(entries);
}

function readPage(
  name: OperatorPageName,
  value: string,
  { file, readFile, report }: Parameters<typeof readOperatorPages>[1],
): OperatorPage | undefined {
  const path = ['server', 'pages', name];
  const expected = 'an https address, or the path of a text file';
  if (/^[a-z][a-z\d+.-]*:\/\//i.test(value)) {
    if (URL.parse(value)?.protocol === 'https:') return { redirect: value };
    report(path, 'page_unreadable', value, expected);
    return undefined;
  }
  try {
    const text = readFile(resolve(dirname(file), value));
    if (text.trim() !== '' && text.length <= MAX_CHARS) return { text };
    report(path, 'page_unreadable', value, `a text of 1 to ${MAX_CHARS} characters`);
  } catch (error) {
    const found = `${value} (${fileTrouble(error)})`;
    report(path, 'page_unreadable', found, expected);
  }
  return undefined;
}
