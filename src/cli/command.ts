import type { Command, OptionValues } from '@commander-js/extra-typings';
import { ConfigError, formatProblem } from '../config/problem.ts';

/** What a command may use of the process. `main.ts` provides it; tests replace it. */
export interface CommandIo {
  /** Writes text as it is, without adding a line end. */
  stdout(text: string): void;
  stderr(text: string): void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Relative paths in arguments are resolved against this folder. */
  readonly cwd: string;
  /** Aborted on SIGINT and SIGTERM; a long-running command then stops and returns. */
  readonly signal?: AbortSignal;
}

/** Exit codes, as docs/reference/cli.md promises them. Only `request --wait` and `wait` use 3 to 5. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  denied: 3,
  ended: 4,
  applyFailed: 5,
} as const;

/** Wrong usage of a command: the message and the usage line are printed, the exit code is 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** A failure whose message is for a person as it is: the exit code is 1. */
export class CommandError extends Error {
  override readonly name: string = 'CommandError';
}

/** What a command file exports: adds its options and action to an empty commander command. */
export interface CliCommand {
  define(command: Command, context: { io: CommandIo; exit: (code: number) => void }): void;
}

/**
 * Declares a command: its arguments and options, and what it does with them. Problems of the
 * configuration go to standard error, with exit code 1.
 */
export function defineCommand<Args extends unknown[], Options extends OptionValues>(spec: {
  readonly options: (command: Command) => Command<Args, Options>;
  /** What the help says besides the summary and the options. */
  readonly notes?: string;
  /** Gives the exit code. */
  readonly run: (given: { args: Args; options: Options; io: CommandIo }) => Promise<number>;
}): CliCommand {
  return {
    define(empty, { io, exit }) {
      const command = spec.options(empty);
      if (spec.notes !== undefined) command.description(`${empty.description()}\n\n${spec.notes}`);
      command.action(async () => {
        const { processedArgs: args } = command;
        try {
          exit(await spec.run({ args, options: command.opts(), io }));
        } catch (error) {
          if (error instanceof UsageError) command.error(`error: ${error.message}`);
          if (!(error instanceof ConfigError)) throw error;
          for (const problem of error.problems) io.stderr(`${formatProblem(problem)}\n`);
          exit(EXIT.failed);
        }
      });
    },
  };
}
