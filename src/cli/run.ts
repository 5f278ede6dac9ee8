import { Command, CommanderError } from '@commander-js/extra-typings';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { describeError } from '../lib/logger.ts';
import { printable } from '../lib/printable.ts';
import { CommandError, EXIT } from './command.ts';
import type { CommandIo } from './command.ts';
import { COMMANDS, findCommand, GROUPS } from './commands.ts';
import type { CommandEntry } from './commands.ts';
import { ownVersion } from './own-version.ts';

/** Runs one command line (without `node` and the script); gives the exit code, never throws. */
export async function runCommandLine(args: readonly string[], given: CommandIo): Promise<number> {
  const io = withPrintableOutput(given);
  let code: number = EXIT.done;
  // commander's own `help` takes one word; some of our commands have two.
  const words = args[0] === 'help' ? [...args.slice(1), '--help'] : args;
  const asked = findCommand(words);
  try {
    const program = await createProgram({
      io,
      loaded: asked === undefined ? [] : [asked],
      exit: (given) => {
        code = given;
      },
    });
    await program.parseAsync(asked === undefined ? upToUnknown(words) : words, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    const words = error instanceof CommandError ? error.message : describeError(error);
    io.stderr(`countersign ${asked?.name ?? ''} failed: ${words}\n`);
    return EXIT.failed;
  }
}

/** Every command prints through this, also with `--json`: no data reaches a terminal raw. */
function withPrintableOutput(io: CommandIo): CommandIo {
  return {
    ...io,
    stdout: (text) => io.stdout(printable(text)),
    stderr: (text) => io.stderr(printable(text)),
  };
}

/** Cut after the first unknown word: with --help behind it, commander would not report it. */
function upToUnknown(words: readonly string[]): readonly string[] {
  const at = Object.hasOwn(GROUPS, words[0] ?? '') ? 1 : 0;
  return words[at]?.startsWith('-') ? words : words.slice(0, at + 1);
}

/**
 * The commander program with every command. Only the commands in `loaded` get their options and
 * action, so that the start of one command does not load the files of the others.
 */
export async function createProgram(options: {
  io: CommandIo;
  loaded: readonly CommandEntry[];
  exit: (code: number) => void;
}): Promise<Command> {
  const { io, exit } = options;
  const program = new Command('countersign')
    .description('Human approval for sensitive actions, in Microsoft Teams.')
    .version(ownVersion())
    .exitOverride()
    .configureOutput({ writeOut: io.stdout, writeErr: io.stderr })
    .showHelpAfterError('countersign --help lists the commands.')
    .helpCommand('help [command...]', 'Show the help of a command')
    .addHelpText('after', '\nExit codes: 0 done, 1 refused or failed, 2 wrong usage.');
  for (const entry of COMMANDS) {
    const words = entry.name.split(' ');
    const command = parentOf(program, words).command(words.at(-1) ?? '');
    command.summary(entry.summary).description(`${entry.summary}.`);
    if (!options.loaded.includes(entry)) continue;
    (await entry.load()).define(command, { io, exit });
    command.showHelpAfterError(`Usage: ${pathOf(command)} ${command.usage()}`);
  }
  return program;
}

function parentOf(program: Command, [group, second]: readonly string[]): CommandUnknownOpts {
  if (group === undefined || second === undefined) return program;
  return (
    program.commands.find((command) => command.name() === group) ??
    program
      .command(group)
      .description(`${GROUPS[group] ?? ''}: ${namesIn(group).join(', ')}`)
      .helpCommand(false)
      .showHelpAfterError(`countersign ${group} --help lists its commands.`)
  );
}

function namesIn(group: string): string[] {
  return COMMANDS.map(({ name }) => name.split(' '))
    .filter(([first, second]) => first === group && second !== undefined)
    .map(([, second = '']) => second);
}

function pathOf(command: CommandUnknownOpts): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}
