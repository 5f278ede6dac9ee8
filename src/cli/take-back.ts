import { describeError } from '../lib/logger.ts';
import { callApi } from './api-client.ts';
import type { ApiAnswer, ApiCall } from './api-client.ts';
import { CommandError, UsageError } from './command.ts';
import type { CommandIo } from './command.ts';
import { plain } from './report.ts';
import { serviceOf } from './service.ts';
import type { Service, ServiceOptions } from './service.ts';

/**
 * How long a command that is being stopped goes on: GitHub Actions sends SIGTERM 7.5 s after SIGINT.
 * https://docs.github.com/en/actions/reference/workflow-cancellation-reference
 */
const LAST_MS = 6_000;

/** The call that cancels a request. It may be repeated. */
export function cancelCall(id: string): ApiCall {
  return { method: 'POST', path: `/v1/requests/${encodeURIComponent(id)}/cancel`, body: {} };
}

/** The process for its last calls: the signal that stops the command no longer ends them. */
export function lastCalls(io: CommandIo): CommandIo {
  return { ...io, signal: AbortSignal.timeout(LAST_MS) };
}

/**
 * Cancels a request that nobody waits for any more, with the token of who asked: a new one where the
 * options name a source of tokens, because the first may have expired. Gives the answer, or undefined
 * where there was none; standard error says why a request stays.
 */
export async function takeBack(
  { id, options }: { id: string; options: ServiceOptions },
  io: CommandIo,
): Promise<ApiAnswer | undefined> {
  try {
    const service = await askerOf(options, io);
    const answer = await callApi(service, cancelCall(id), io);
    if (answer.status === 200) {
      io.stderr('The request was taken back.\n');
      return answer;
    }
    const { detail, title, code } = answer.body;
    const words = plain(detail ?? title ?? `the service answered ${answer.status}`);
    io.stderr(`The request was not taken back: ${words} [${plain(code ?? answer.status)}]\n`);
    return answer;
  } catch (error) {
    const inWords = error instanceof UsageError || error instanceof CommandError;
    const why = inWords ? error.message : describeError(error);
    io.stderr(`The request was not taken back: ${plain(why)}\n`);
    return undefined;
  }
}

/** A wait token changes nothing, so that in GitHub Actions the run's own token is used. */
async function askerOf(options: ServiceOptions, io: CommandIo): Promise<Service> {
  const given = await serviceOf(options, io);
  if (!given.token.startsWith('wait_')) return given;
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url } = io.env;
  if (!url) throw new UsageError('a wait token cannot cancel; use the token of who asked.');
  const { url: service, audience } = options;
  return serviceOf(
    { url: service, audience },
    { ...io, env: { ...io.env, COUNTERSIGN_TOKEN: undefined } },
  );
}
