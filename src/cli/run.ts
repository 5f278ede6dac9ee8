import { describeError } from '../lib/logger.ts';
import { EXIT, UsageError } from './command.ts';
import type { CommandIo } from './command.ts';
import { COMMANDS, findCommand, helpOf, helpOfAll } from './commands.ts';
import type { Command } from './commands.ts';

const HELP = new Set(['--help', '-h']);

/** Runs one command line (without `node` and the script); gives the exit code, never throws. */
export async function runCommandLine(args: readonly string[], io: CommandIo): Promise<number> {
  const [first] = args;
  if (first === undefined || HELP.has(first) || first === 'help') {
    const asked = findCommand(args.slice(1));
    const text = asked === undefined ? helpOfAll() : helpOf(asked.command);
    if (first === undefined) {
      io.stderr(text);
      return EXIT.usage;
    }
    io.stdout(text);
    return EXIT.done;
  }
  const found = findCommand(args);
  if (found === undefined) return unknown(args, io);
  const { command, rest } = found;
  if (rest.some((arg) => HELP.has(arg))) {
    io.stdout(helpOf(command));
    return EXIT.done;
  }
  return runCommand(command, rest, io);
}

async function runCommand(command: Command, rest: string[], io: CommandIo): Promise<number> {
  try {
    const { run } = await command.load();
    return await run(rest, io);
  } catch (error) {
    if (error instanceof UsageError) {
      io.stderr(`${error.message}\nUsage: countersign ${command.usage}\n`);
      return EXIT.usage;
    }
    io.stderr(`countersign ${command.name} failed: ${describeError(error)}\n`);
    return EXIT.failed;
  }
}

function unknown(args: readonly string[], io: CommandIo): number {
  const [first = ''] = args;
  const family = COMMANDS.filter(({ name }) => name.startsWith(`${first} `));
  const given = JSON.stringify(args.slice(0, 2).join(' ').slice(0, 60));
  io.stderr(
    family.length > 0
      ? `Use one of: ${family.map(({ name }) => `countersign ${name}`).join(', ')}\n`
      : `There is no command ${given}. countersign --help lists them.\n`,
  );
  return EXIT.usage;
}
