import type { ExecutionCode } from '../codes.ts';
import type { Exchange } from '../exchange.ts';
import { plainLine, readAnswer } from './target-text.ts';

const MAX_RETRY_AFTER_MS = 3_600_000;

/**
 * What one exchange means. `effect`: `done`, `none` (certainly not applied, and a repeat is
 * useless), `none-yet` (certainly not applied, a repeat may help) or `unsure`.
 */
export interface Verdict {
  readonly effect: 'done' | 'none' | 'none-yet' | 'unsure';
  readonly code: ExecutionCode;
  readonly message: string;
  readonly reference: string | null;
  readonly retryAfterMs: number | null;
}

/** Reads an exchange with a target. `now` in ms, for a Retry-After that is a date. */
export function judge(result: Exchange, { target, now }: { target: string; now: number }): Verdict {
  if (result.kind === 'failed') return judgeFailure(result, target);
  const { status } = result;
  const answer = readAnswer(result.body);
  const said = answer.message === null ? '' : ` It said: ${answer.message}`;
  const verdict = (
    effect: Verdict['effect'],
    code: ExecutionCode,
    message: string,
    retryAfterMs: number | null = null,
  ): Verdict => ({ effect, code, message, reference: answer.reference, retryAfterMs });
  if (status >= 200 && status < 300) {
    return verdict('done', 'applied', answer.message ?? `${target} took it (${status}).`);
  }
  if (status < 400) {
    return verdict(
      'none',
      'target_redirected',
      `${target} answered ${status}, a redirect; those are not followed. Configure its final URL.`,
    );
  }
  const retryAfterMs = parseRetryAfter(result.retryAfter, now);
  const busy =
    status === 408 || status === 425 || status === 429 || (status === 503 && retryAfterMs !== null);
  if (busy) {
    return verdict(
      'none-yet',
      'target_busy',
      `${target} could not take it now (${status}).${said}`,
      retryAfterMs,
    );
  }
  if (status < 500) {
    return verdict('none', 'target_refused', `${target} refused it (${status}).${said}`);
  }
  return verdict('unsure', 'target_error', `${target} failed (${status}).${said}`, retryAfterMs);
}

function judgeFailure(result: Exchange & { kind: 'failed' }, target: string): Verdict {
  const detail = plainLine(innermost(result.error), 200) ?? 'no reason given';
  const base = { reference: null, retryAfterMs: null };
  switch (result.why) {
    case 'address':
      return { ...base, effect: 'none-yet', code: 'target_address_refused', message: detail };
    case 'connect':
      return {
        ...base,
        effect: 'none-yet',
        code: 'target_unreachable',
        message: `${target} was not reached: ${detail}.`,
      };
    case 'timeout':
      return {
        ...base,
        effect: 'unsure',
        code: 'target_timeout',
        message: `${target} did not answer in time; whether it took effect is not known.`,
      };
    case 'lost':
      return {
        ...base,
        effect: 'unsure',
        code: 'connection_lost',
        message: `The connection to ${target} broke off (${detail}).`,
      };
  }
}

/** Milliseconds that a Retry-After (seconds or an HTTP date) asks for, at most an hour. */
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
