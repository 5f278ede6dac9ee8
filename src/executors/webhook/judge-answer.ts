import { outcomeOf } from '../../domain/outcome.ts';
import type { Outcome } from '../../domain/outcome.ts';
import type { PostResult } from '../../net/post-once.ts';
import { withoutParts } from './hidden-parts.ts';
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

/** The target as it is shown, and the parts of its address that are not. */
interface Judging {
  readonly target: string;
  readonly hidden: readonly string[];
  readonly now: number;
}

/** Classifies the result of a call that ended at `now` (ms). */
export function judge(result: PostResult, judging: Judging): Judged {
  if (result.kind === 'failed') return judgeFailure(result, judging);
  const { target, hidden, now } = judging;
  const { status } = result;
  const { message: said, reference } = readAnswer(result.body, hidden);
  const retryAfterMs = parseRetryAfter(result.retryAfter, now);
  const answered = { target, status, said };
  const when = { at: now, reference };
  if (status >= 200 && status < 300) return judged('done', outcomeOf('applied', answered, when));
  if (status < 400) {
    return judged('none', outcomeOf('target_redirected', { target, status }, when));
  }
  const busy =
    status === 408 || status === 425 || status === 429 || (status === 503 && retryAfterMs !== null);
  if (busy) return judged('none-yet', outcomeOf('target_busy', answered, when), retryAfterMs);
  if (status < 500) return judged('none', outcomeOf('target_refused', answered, when));
  return judged('unsure', outcomeOf('target_error', answered, when), retryAfterMs);
}

function judgeFailure(
  { why, error }: PostResult & { kind: 'failed' },
  { target, hidden, now: at }: Judging,
): Judged {
  const detail = plainLine(withoutParts(innermost(error), hidden), 200) ?? '';
  switch (why) {
    case 'address':
      return judged('none-yet', outcomeOf('target_address_refused', { target }, { at }));
    case 'connect':
      return judged('none-yet', outcomeOf('target_unreachable', { target, detail }, { at }));
    case 'timeout':
      return judged('unsure', outcomeOf('target_timeout', { target }, { at }));
    case 'lost':
      return judged('unsure', outcomeOf('connection_lost', { target, detail }, { at }));
  }
}

function judged(
  effect: Judged['effect'],
  outcome: Outcome,
  retryAfterMs: number | null = null,
): Judged {
  return { effect, outcome, retryAfterMs };
}

/** Converts Retry-After (seconds or an HTTP date) to ms, at most an hour. */
function parseRetryAfter(text: string | null, now: number): number | null {
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
