import { outcomeOf } from '../../domain/outcome.ts';
import type { Outcome, OutcomeCode, OutcomeParams } from '../../domain/outcome.ts';
import type { PostResult } from '../../net/post-once.ts';
import { plainLine, readAnswer } from './target-text.ts';

const MAX_RETRY_AFTER_MS = 3_600_000;

/**
 * The result of one call. `effect`: `done`, `none` (not applied; a retry is useless), `none-yet` (not
 * applied; a retry may help) or `unsure` (possibly applied).
 */
export interface Judged {
  readonly effect: 'done' | 'none' | 'none-yet' | 'unsure';
  readonly outcome: Outcome;
  readonly retryAfterMs: number | null;
}

/** Classifies the result of a call that ended at `now` (ms). */
export function judge(
  result: PostResult,
  { target, now }: { target: string; now: number },
): Judged {
  if (result.kind === 'failed') return judgeFailure(result, { target, at: now });
  const { status } = result;
  const { message: said, reference } = readAnswer(result.body);
  const judged = <Code extends OutcomeCode>(
    effect: Judged['effect'],
    code: Code,
    params: OutcomeParams[Code],
    retryAfterMs: number | null = null,
  ): Judged => ({
    effect,
    outcome: outcomeOf(code, params, { at: now, reference }),
    retryAfterMs,
  });
  const answered = { target, status, said };
  if (status >= 200 && status < 300) return judged('done', 'applied', answered);
  if (status < 400) return judged('none', 'target_redirected', { target, status });
  const retryAfterMs = parseRetryAfter(result.retryAfter, now);
  const busy =
    status === 408 || status === 425 || status === 429 || (status === 503 && retryAfterMs !== null);
  if (busy) return judged('none-yet', 'target_busy', answered, retryAfterMs);
  if (status < 500) return judged('none', 'target_refused', answered);
  return judged('unsure', 'target_error', answered, retryAfterMs);
}

function judgeFailure(
  { why, error }: PostResult & { kind: 'failed' },
  { target, at }: { target: string; at: number },
): Judged {
  const detail = plainLine(innermost(error), 200) ?? '';
  const retryAfterMs = null;
  switch (why) {
    case 'address': {
      const outcome = outcomeOf('target_address_refused', { target }, { at });
      return { effect: 'none-yet', outcome, retryAfterMs };
    }
    case 'connect': {
      const outcome = outcomeOf('target_unreachable', { target, detail }, { at });
      return { effect: 'none-yet', outcome, retryAfterMs };
    }
    case 'timeout': {
      const outcome = outcomeOf('target_timeout', { target }, { at });
      return { effect: 'unsure', outcome, retryAfterMs };
    }
    case 'lost': {
      const outcome = outcomeOf('connection_lost', { target, detail }, { at });
      return { effect: 'unsure', outcome, retryAfterMs };
    }
  }
}

/** Converts Retry-After (seconds or an HTTP date) to ms, at most an hour. */
export function parseRetryAfter(text: string | null, now: number): number | null {
  if (text === null) return null;
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now;
  if (!Number.isFinite(ms)) return null;
  return Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS);
}

function innermost(error: unknown): string {
  let current = error;
  for (let depth = 0; depth < 5; depth += 1) {
    if (current instanceof AggregateError && current.errors.length > 0) current = current.errors[0];
    else if (current instanceof Error && current.cause instanceof Error) current = current.cause;
    else break;
  }
  return current instanceof Error ? current.message : String(current);
}
