import { systemClock } from '../lib/clock.ts';
import { describeError } from '../lib/logger.ts';
import { callApi } from './api-client.ts';
import type { ApiAnswer } from './api-client.ts';
import { CommandError, EXIT } from './command.ts';
import type { CommandIo } from './command.ts';
import { outcomeLine, reportProblem } from './report.ts';
import type { Service, ServiceOptions } from './service.ts';
import { lastCalls, takeBack } from './take-back.ts';

const POLL_SECONDS = 60;

/** The exit codes, for the help. */
export const OUTCOME_EXITS =
  'Exits with 0 applied, 3 denied, 4 expired or cancelled, 5 failed to apply or outcome unknown, ' +
  '1 refused, not reachable, or given up. When the time is up, and on SIGINT and SIGTERM, a ' +
  'pending request is taken back, unless --keep is given.';

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

interface Waiting {
  readonly service: Service;
  readonly id: string;
  readonly timeoutMs: number;
  readonly json: true | undefined;
  readonly io: CommandIo;
  /** Where the token of who asked is found; absent: the request stays when nobody waits any more. */
  readonly asker?: ServiceOptions | undefined;
  readonly changed?: (state: string) => void;
}

/**
 * Polls a request until it has ended or the time is up, reports it, and gives the exit code. Whoever
 * gives up takes the request back, so that nobody decides what no pipeline waits for.
 */
export async function waitForEnd(waiting: Waiting): Promise<number> {
  const { json, io } = waiting;
  try {
    const last = await poll(waiting);
    if (last.status !== 200) return reportProblem(last, json, io);
    const exit = exitOf(last);
    if (exit !== undefined || waiting.asker === undefined) {
      report(last, waiting);
      if (exit === undefined) io.stderr('The time is up; the request goes on.\n');
      return exit ?? EXIT.failed;
    }
    io.stderr('The time is up.\n');
    return await giveUp(waiting, waiting.asker, last);
  } catch (error) {
    if (!io.signal?.aborted || waiting.asker === undefined) throw error;
    return giveUp(waiting, waiting.asker, undefined);
  }
}

/** The last answer: the end, the state when the time is up, or a problem. */
async function poll({ service, id, timeoutMs, io, changed }: Waiting): Promise<ApiAnswer> {
  const until = systemClock.now() + timeoutMs;
  let seen: unknown;
  for (;;) {
    const leftMs = Math.max(0, until - systemClock.now());
    const seconds = Math.min(POLL_SECONDS, Math.ceil(leftMs / 1_000));
    const answer = await callApi(service, { ...waitCall(id, seconds), until }, io);
    if (answer.status !== 200) return answer;
    const state = String(answer.body['state']);
    if (state !== seen) changed?.(state);
    seen = state;
    if (exitOf(answer) !== undefined || systemClock.now() >= until) return answer;
  }
}

function waitCall(id: string, seconds: number) {
  const path = `/v1/requests/${encodeURIComponent(id)}/wait?timeoutSeconds=${seconds}`;
  return { method: 'GET', path, timeoutMs: (seconds + 15) * 1_000 } as const;
}

/** Takes the request back; where it is too late for that, the state as it is now is reported. */
async function giveUp(
  waiting: Waiting,
  asker: ServiceOptions,
  last: ApiAnswer | undefined,
): Promise<number> {
  const { service, id } = waiting;
  const io = lastCalls(waiting.io);
  const answer = await takeBack({ id, options: asker }, io);
  if (answer?.status === 200) {
    report(answer, waiting);
    return EXIT.failed;
  }
  let now = last;
  try {
    now = await callApi(service, { ...waitCall(id, 0), attempts: 1 }, io);
  } catch (error) {
    const why = error instanceof CommandError ? error.message : describeError(error);
    io.stderr(`How it stands is not known: ${why}\n`);
  }
  if (now?.status !== 200) return EXIT.failed;
  report(now, waiting);
  return exitOf(now) ?? EXIT.failed;
}

function exitOf({ body }: ApiAnswer): number | undefined {
  return EXIT_OF_STATE.get(String(body['state']));
}

function report({ body }: ApiAnswer, { json, io }: Waiting): void {
  io.stdout(json ? `${JSON.stringify(body)}\n` : outcomeLine(body));
}
