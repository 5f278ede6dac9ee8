import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { ParseArgsConfig } from 'node:util';
import { describeError } from '../lib/logger.ts';
import { parseDuration } from '../lib/duration.ts';
import { UsageError } from './command.ts';
import type { CommandIo } from './command.ts';

type Options = NonNullable<ParseArgsConfig['options']>;

/**
 * Reads arguments; a wrong one is a UsageError with the sentence that Node gives. `optional` is
 * how many more arguments may stand beside the required ones.
 */
export function parseOptions<Given extends Options>(
  args: string[],
  options: Given,
  positionals: number,
  optional = 0,
) {
  let parsed;
  try {
    parsed = parseArgs({ args, options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  const given = parsed.positionals.length;
  if (given < positionals || given > positionals + optional) {
    const words =
      optional > 0
        ? `at most ${positionals + optional} arguments`
        : positionals === 1
          ? 'one argument'
          : positionals === 0
            ? 'no arguments'
            : `${positionals} arguments`;
    throw new UsageError(`This takes ${words} beside its options.`);
  }
  return parsed;
}

/** The configuration's path, from an option or the environment. */
export function configPath(option: string | undefined, io: CommandIo): string {
  const path = option ?? io.env.COUNTERSIGN_CONFIG;
  if (path === undefined || path === '') {
    throw new UsageError('Name the configuration: --config FILE, or COUNTERSIGN_CONFIG.');
  }
  return resolve(io.cwd, path);
}

/** The text of a file that an argument names. */
export function readGiven(path: string, io: CommandIo): string {
  try {
    return readFileSync(resolve(io.cwd, path), 'utf8');
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${describeError(error).slice(0, 200)}`);
  }
}

/** A duration of an option, in ms. */
export function durationOption(text: string, name: string): number {
  const ms = parseDuration(text);
  if (ms === undefined || ms < 1_000) {
    throw new UsageError(`${name} must be a duration such as 90s, 15m, 8h or 2d.`);
  }
  return ms;
}
