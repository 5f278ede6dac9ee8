import { isTerminal } from '../../domain/request/state.ts';
import type { Request } from '../../domain/request/request.ts';
import { sameSecret } from '../../lib/hash.ts';
import type { AppContext } from '../app-context.ts';

const POLL_MS = 1_000;
/** How long a wait token is valid after the end. */
const GRACE_MS = 3_600_000;

/**
 * Waits until the request has ended or the time is up. A commit of this process ends the wait at
 * once; one of another replica within a second.
 */
export async function waitRequest(
  deps: AppContext,
  input: { id: string; timeoutMs: number; signal?: AbortSignal },
): Promise<Request | undefined> {
  const until = deps.clock.now() + input.timeoutMs;
  const maxRounds = Math.ceil(input.timeoutMs / POLL_MS) + 100;
  for (let round = 0; ; round += 1) {
    const request = await deps.store.loadRequest(input.id);
    const leftMs = until - deps.clock.now();
    const over = leftMs <= 0 || round >= maxRounds || input.signal?.aborted;
    if (!request || isTerminal(request.state) || over) return request;
    await deps.signals.nextChange(input.id, Math.min(leftMs, POLL_MS), input.signal);
  }
}

/** A token that reads one request. It is derived from the id, so it is not stored. */
export function waitToken(deps: AppContext, requestId: string): string {
  return `wait_${deps.waitTokenMac(`wait-token.v1|${requestId}`)}`;
}

/** Whether a wait token belongs to this request, which ended at most an hour ago. */
export function acceptsWaitToken(deps: AppContext, token: string, request: Request): boolean {
  if (isTerminal(request.state) && deps.clock.now() > request.updatedAt + GRACE_MS) return false;
  return sameSecret(token, waitToken(deps, request.id));
}
