import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { COMMANDS } from '../../src/cli/commands.ts';
import { createProgram } from '../../src/cli/run.ts';
import { filesUnder, ROOT } from '../conventions/tree.ts';

const page = readFileSync(join(ROOT, 'docs/reference/cli.md'), 'utf8');

/** The `##` sections of the page: title → text. */
const sections = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .map((text) => [text.split('\n', 1)[0] ?? '', text] as const),
);

/** The rows of the first table in a text whose first cell is in code marks. */
function rowsOf(text: string): string[][] {
  const [table = ''] = /(?:^\|.*\n)+/m.exec(text) ?? [];
  return [...table.matchAll(/^\| `([^`]+)` \| (.*) \|$/gm)].map(([, term = '', meaning = '']) => [
    term,
    meaning,
  ]);
}

/** Arguments and options as the help prints them, except `--help`. */
function helpRows(command: CommandUnknownOpts): string[][] {
  const help = command.createHelp();
  return [
    ...help
      .visibleArguments(command)
      .map((argument) => [help.argumentTerm(argument), help.argumentDescription(argument)]),
    ...help
      .visibleOptions(command)
      .map((option) => [help.optionTerm(option), help.optionDescription(option)])
      .filter(([term]) => term !== '-h, --help'),
  ];
}

async function commandOf(name: string): Promise<CommandUnknownOpts> {
  const nowhere = { stdout: () => undefined, stderr: () => undefined, env: {}, cwd: '' };
  const program: CommandUnknownOpts = await createProgram({
    io: nowhere,
    loaded: COMMANDS,
    exit: () => undefined,
  });
  const found = name
    .split(' ')
    .reduce<
      CommandUnknownOpts | undefined
    >((parent, word) => parent?.commands.find((one) => one.name() === word), program);
  if (found === undefined) throw new Error(`the program has no command ${name}`);
  return found;
}

describe('docs/reference/cli.md', () => {
  test('lists exactly the commands of the program, with their summaries and links', () => {
    const listed = [...page.matchAll(/^\| \[`([^`]+)`\]\(#([^)]+)\) \| (.*) \|$/gm)];
    expect(listed.map(([, name, , summary]) => [name, summary])).toEqual(
      COMMANDS.map(({ name, summary }) => [name, summary]),
    );
    expect(listed.map(([, , anchor]) => anchor)).toEqual(
      COMMANDS.map(({ name }) => name.replaceAll(' ', '-')),
    );
  });

  test('has exactly one section for each command', () => {
    expect([...sections.keys()]).toEqual(['Environment', ...COMMANDS.map(({ name }) => name)]);
  });

  test.each(COMMANDS.map(({ name }) => name))(
    'documents the usage, arguments, options and defaults of %s as its help does',
    async (name) => {
      const command = await commandOf(name);
      const section = sections.get(name) ?? '';
      const [, usage] = /^`([^`]+)`$/m.exec(section) ?? [];
      expect(usage).toBe(`countersign ${name} ${command.usage()}`);
      expect(rowsOf(section)).toEqual(helpRows(command));
    },
  );
});

interface Call {
  readonly place: string;
  readonly name: string;
  readonly options: readonly string[];
}

const NAMES = COMMANDS.map(({ name }) => name).sort((a, b) => b.length - a.length);

/** Calls of the command line in the code blocks of a page. */
function callsIn({ path, text }: { path: string; text: string }): Call[] {
  const blocks = [...text.matchAll(/^```\w*(?: \w+)*\n([^]*?)^```$/gm)].map(([, code = '']) => code);
  const lines = blocks.flatMap((code) => code.replace(/\s*\\\n\s*|\n +(?=-)/g, ' ').split('\n'));
  return lines.flatMap((line) => {
    const [, rest = ''] = /\bcountersign (?:-- )?([a-z].*)$/.exec(line) ?? [];
    const name = NAMES.find((one) => rest === one || rest.startsWith(`${one} `));
    const options = [...rest.matchAll(/(?<= )--?[a-z][\w-]*/g)].map(([option]) => option);
    return name === undefined ? [] : [{ place: `${path}: ${line.trim()}`, name, options }];
  });
}

describe('commands in the documents', () => {
  const calls = filesUnder(['docs', 'infra'], ['.md']).flatMap(callsIn);

  test('are found with their options', () => {
    const text = '```sh\nnpm run countersign -- audit verify \\\n  --sqlite x --jwks y\n```';
    expect(callsIn({ path: 'x', text }).map(({ name, options }) => [name, options])).toEqual([
      ['audit verify', ['--sqlite', '--jwks']],
    ]);
    expect(calls.length).toBeGreaterThan(15);
  });

  test('use only options that the command has', async () => {
    const wrong: string[] = [];
    for (const { place, name, options } of calls) {
      const known = (await commandOf(name)).options.flatMap(({ short, long }) => [short, long]);
      const unknown = options.filter((one) => !known.includes(one));
      if (unknown.length > 0) wrong.push(`${place} (${unknown.join(', ')})`);
    }
    expect(wrong).toEqual([]);
  });
});
