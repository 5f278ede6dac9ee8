import { CommanderError } from '@commander-js/extra-typings';
import { describeError } from '../lib/logger.ts';
import { EXIT } from './command.ts';
import type { CommandIo } from './command.ts';
import { findCommand, GROUPS } from './commands.ts';
import { createProgram } from './program.ts';

/** Runs one command line (without `node` and the script); gives the exit code, never throws. */
export async function runCommandLine(args: readonly string[], io: CommandIo): Promise<number> {
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
    io.stderr(`countersign ${asked?.name ?? ''} failed: ${describeError(error)}\n`);
    return EXIT.failed;
  }
}

/** Cut after the first unknown word: with --help behind it, commander would not report it. */
function upToUnknown(words: readonly string[]): readonly string[] {
  const at = Object.hasOwn(GROUPS, words[0] ?? '') ? 1 : 0;
  return words[at]?.startsWith('-') ? words : words.slice(0, at + 1);
}
