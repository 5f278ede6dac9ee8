import { systemClock } from '../lib/clock.ts';
import { callApi } from './api-client.ts';
import type { ApiAnswer } from './api-client.ts';
import { EXIT } from './command.ts';
import type { CommandIo } from './command.ts';
import { outcomeLine, reportProblem } from './report.ts';

const POLL_SECONDS = 60;

/** The exit codes, for the help. */
export const OUTCOME_EXITS =
  'Exits with 0 applied, 3 denied, 4 expired or cancelled, 5 failed to apply or outcome unknown, ' +
  '1 refused, not reachable, or the time is up.';

/** The exit code of each state that a request ends in. */
const EXIT_OF_STATE: Readonly<Record<string, number>> = {
  applied: EXIT.done,
  revoked: EXIT.done,
  denied: EXIT.denied,
  expired: EXIT.ended,
  cancelled: EXIT.ended,
  failed: EXIT.applyFailed,
  unknown: EXIT.applyFailed,
};

/** The exit code for a state; undefined while the request goes on. */
function exitOfState(state: unknown): number | undefined {
  return typeof state === 'string' && Object.hasOwn(EXIT_OF_STATE, state)
    ? EXIT_OF_STATE[state]
    : undefined;
}

/** Polls a request until it has ended or the time is up, reports it, and gives the exit code. */
export async function waitForEnd(options: {
  base: string;
  id: string;
  token: string;
  timeoutMs: number;
  json: true | undefined;
  io: CommandIo;
  changed?: (state: string) => void;
}): Promise<number> {
  const { json, io } = options;
  const { answer, exit } = await poll(options);
  if (answer.status !== 200) return reportProblem(answer, json, io);
  if (json) io.stdout(`${JSON.stringify(answer.body)}\n`);
  else io.stdout(outcomeLine(answer.body));
  if (exit === undefined) io.stderr('The time is up; the request goes on.\n');
  return exit ?? EXIT.failed;
}

async function poll(options: {
  base: string;
  id: string;
  token: string;
  timeoutMs: number;
  io: CommandIo;
  changed?: (state: string) => void;
}): Promise<{ answer: ApiAnswer; exit: number | undefined }> {
  const { base, id, token, io } = options;
  const until = systemClock.now() + options.timeoutMs;
  let seen: unknown;
  for (;;) {
    const leftMs = Math.max(0, until - systemClock.now());
    const seconds = Math.min(POLL_SECONDS, Math.ceil(leftMs / 1_000));
    const answer = await callApi(
      base,
      {
        method: 'GET',
        token,
        timeoutMs: (seconds + 15) * 1_000,
        path: `/v1/requests/${encodeURIComponent(id)}/wait?timeoutSeconds=${seconds}`,
      },
      io,
    );
    const { state } = answer.body;
    const exit = answer.status === 200 ? exitOfState(state) : undefined;
    if (answer.status === 200 && state !== seen) options.changed?.(String(state));
    seen = state;
    if (answer.status !== 200 || exit !== undefined || systemClock.now() >= until) {
      return { answer, exit };
    }
  }
}
