import { systemClock } from '../lib/clock.ts';
import { callApi } from './api-client.ts';
import { EXIT } from './command.ts';
import type { CommandIo } from './command.ts';
import { outcomeLine, reportProblem } from './report.ts';
import type { Service } from './service.ts';

const POLL_SECONDS = 60;

/** The exit codes, for the help. */
export const OUTCOME_EXITS =
  'Exits with 0 applied, 3 denied, 4 expired or cancelled, 5 failed to apply or outcome unknown, ' +
  '1 refused, not reachable, or the time is up.';

/** The exit code of each state that a request ends in. */
const EXIT_OF_STATE: ReadonlyMap<string, number> = new Map([
  ['applied', EXIT.done],
  ['revoked', EXIT.done],
  ['denied', EXIT.denied],
  ['expired', EXIT.ended],
  ['cancelled', EXIT.ended],
  ['failed', EXIT.applyFailed],
  ['unknown', EXIT.applyFailed],
]);

/** Polls a request until it has ended or the time is up, reports it, and gives the exit code. */
export async function waitForEnd(options: {
  service: Service;
  id: string;
  timeoutMs: number;
  json: true | undefined;
  io: CommandIo;
  changed?: (state: string) => void;
}): Promise<number> {
  const { service, id, json, io } = options;
  const until = systemClock.now() + options.timeoutMs;
  let seen: unknown;
  for (;;) {
    const leftMs = Math.max(0, until - systemClock.now());
    const seconds = Math.min(POLL_SECONDS, Math.ceil(leftMs / 1_000));
    const path = `/v1/requests/${encodeURIComponent(id)}/wait?timeoutSeconds=${seconds}`;
    const call = { method: 'GET', path, timeoutMs: (seconds + 15) * 1_000 } as const;
    const answer = await callApi(service, call, io);
    if (answer.status !== 200) return reportProblem(answer, json, io);
    const state = String(answer.body['state']);
    if (state !== seen) options.changed?.(state);
    seen = state;
    const exit = EXIT_OF_STATE.get(state);
    if (exit === undefined && systemClock.now() < until) continue;
    io.stdout(json ? `${JSON.stringify(answer.body)}\n` : outcomeLine(answer.body));
    if (exit === undefined) io.stderr('The time is up; the request goes on.\n');
    return exit ?? EXIT.failed;
  }
}
