import { onOneLine } from '../lib/printable.ts';
import type { ApiAnswer } from './api-client.ts';
import { EXIT } from './command.ts';
import type { CommandIo } from './command.ts';

/** Reports a problem document, as JSON or in one line, and gives the exit code. */
export function reportProblem(answer: ApiAnswer, json: true | undefined, io: CommandIo): number {
  if (json) io.stdout(`${JSON.stringify(answer.body)}\n`);
  else {
    const { detail, title, code } = answer.body;
    const words = plain(detail ?? title ?? `the service answered ${answer.status}`);
    io.stderr(`${words}${code === undefined ? '' : ` [${plain(code)}]`}\n`);
  }
  return EXIT.failed;
}

/** How a request ended, in one line. */
export function outcomeLine(request: Readonly<Record<string, unknown>>): string {
  const { number, state, outcome } = request;
  const about =
    typeof outcome === 'object' && outcome !== null && 'message' in outcome
      ? `: ${plain(outcome.message)}`
      : '';
  return `Request ${plain(number)} is ${plain(state)}${about}\n`;
}

/** Untrusted text, safe for a terminal: no control characters, one line, limited length. */
export function plain(value: unknown, { max = 500 }: { max?: number } = {}): string {
  return onOneLine(String(value)).slice(0, max);
}
