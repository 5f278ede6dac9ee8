import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { COMMANDS } from '../../src/cli/commands.ts';
import { createProgram } from '../../src/cli/program.ts';
import { ROOT } from '../conventions/tree.ts';

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
