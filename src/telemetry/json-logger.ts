import { pino } from 'pino';
import { describeError } from '../lib/logger.ts';
import type { Logger, LogLevel } from '../lib/logger.ts';
import { printable } from '../lib/printable.ts';
import { CENSOR, redactLine, SECRET_PATHS } from './redact.ts';

/**
 * A logger of JSON lines from `level` up, without secrets; `write` takes each line (default:
 * standard error, because standard output is for a command's result).
 */
export function jsonLogger(options: {
  level: LogLevel;
  write?: (line: string) => void;
  now: () => number;
}): Logger {
  const write = options.write ?? ((line: string) => void process.stderr.write(line));
  const log = pino(
    {
      level: options.level,
      base: undefined,
      timestamp: () => `,"time":"${new Date(options.now()).toISOString()}"`,
      formatters: { level: (level) => ({ level }), log: describeErrors },
      redact: { paths: SECRET_PATHS, censor: CENSOR },
      hooks: { streamWrite: (line) => printable(redactLine(line)) },
    },
    { write },
  );
  const at =
    (level: LogLevel): Logger[LogLevel] =>
    (message, fields = {}) =>
      // As a field, because pino's message argument is a format string.
      log[level]({ message, ...fields });
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

function describeErrors(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      value instanceof Error ? describeError(value) : value,
    ]),
  );
}
