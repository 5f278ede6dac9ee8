/** What a command may touch of the outside: given by src/main.ts, replaced in tests. */
export interface CommandIo {
  /** Writes text as it is (no line end is added). */
  stdout(text: string): void;
  stderr(text: string): void;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Relative paths of arguments are resolved against this. */
  readonly cwd: string;
  /** Aborted on SIGINT and SIGTERM; a long-running command then stops and returns. */
  readonly signal?: AbortSignal;
}

/** What every command file exports as `run`: arguments after the command's name → exit code. */
export type CommandRun = (args: string[], io: CommandIo) => Promise<number>;

/** The exit codes that contracts.md promises. `request --wait` and `wait` use all of them. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  denied: 3,
  ended: 4,
  applyFailed: 5,
} as const;

/** A wrong use of a command: main prints the sentence and a hint at --help, and exits with 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
