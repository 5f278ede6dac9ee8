import { resolve } from 'node:path';
import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import type { Command } from '@commander-js/extra-typings';
import { fileTrouble } from '../lib/file-trouble.ts';
import { parseDuration } from '../lib/duration.ts';
import { readBounded } from '../lib/read-bounded.ts';
import { UsageError } from './command.ts';
import type { CommandIo } from './command.ts';

/** More than any token or key set has. */
const MAX_FILE_BYTES = 1_048_576;

export const configOption = new Option(
  '--config <file>',
  'path of countersign.yaml (default: $COUNTERSIGN_CONFIG)',
);

export const profileOption = new Option(
  '--profile <name>',
  'rules that the configuration must keep',
)
  .choices(['production', 'local'] as const)
  .default('production' as const);

export const jsonOption = new Option('--json', 'print one JSON object on standard output');

export const timeoutOption = new Option(
  '--timeout <duration>',
  'how long to wait at most, such as 2h',
)
  .argParser(durationOption)
  .default(durationOption('24h'), '24h');

export const keepOption = new Option(
  '--keep',
  'leave the request open when the time is up or the command is stopped',
);

/** Adds the options of a command that calls a running service. */
export function serviceOptions(command: Command) {
  return command
    .option('--url <url>', 'address of the service (default: $COUNTERSIGN_URL)')
    .option(
      '--token-file <file>',
      'file with a bearer token (default: $COUNTERSIGN_TOKEN, or a token of the GitHub Actions run)',
    )
    .option(
      '--audience <text>',
      'audience of the GitHub token (default: the address of the service)',
    );
}

/** The text of a file that an argument names. */
export function readGiven(path: string, io: CommandIo): string {
  try {
    return readBounded(resolve(io.cwd, path), { maxBytes: MAX_FILE_BYTES });
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${fileTrouble(error)}`);
  }
}

/** The value of `env:NAME` or `${env:NAME}`; undefined where the text names no variable. */
export function environmentValue(
  text: string,
  { option, io }: { option: string; io: CommandIo },
): string | undefined {
  const [, plain, braced] = /^(?:env:(\w+)|\$\{env:(\w+)\})$/.exec(text) ?? [];
  const name = plain ?? braced;
  if (name === undefined) return undefined;
  const value = io.env[name];
  if (value !== undefined && value !== '') return value;
  throw new UsageError(`${option} names the environment variable ${name}, which is not set.`);
}

/** Parses a duration of at least 1 s, in ms. */
function durationOption(text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined && ms >= 1_000) return ms;
  throw new InvalidArgumentError('Write a duration such as 90s, 15m, 8h or 2d.');
}
