import { formatDuration } from '../../lib/duration.ts';
import type { TokenEvidence } from '../people/principal.ts';
import { refuse } from '../refusal.ts';
import type { Ruling } from '../refusal.ts';

/**
 * What a stage demands of the sign-in behind a decision, beyond the role. Every part that is given
 * must hold.
 */
export interface StepUp {
  /** One of these authentication contexts (OpenID Connect Core 2, `acr`; Entra's `acrs`). */
  readonly acr: readonly string[] | null;
  /** All of these methods (RFC 8176). */
  readonly amr: readonly string[] | null;
  /** The person proved who they are no longer ago than this (`auth_time`). */
  readonly maxAgeMs: number | null;
}

const CLOCKS_DIFFER_MS = 60_000;

/**
 * Whether the sign-in that a token tells of comes up to what is demanded at `now` (ms). A token
 * that does not tell comes up to nothing.
 */
export function meetsStepUp(demand: StepUp, token: TokenEvidence, now: number): Ruling<object> {
  const { acr, amr, maxAgeMs } = demand;
  const contexts = [...(token.acr === null ? [] : [token.acr]), ...(token.acrs ?? [])];
  const told = (what: readonly string[]) => what.join(', ') || 'none';
  if (acr !== null && !acr.some((one) => contexts.includes(one))) {
    return unmet(`with the authentication context ${acr.join(' or ')}`, told(contexts));
  }
  if (amr !== null && !amr.every((one) => token.amr.includes(one))) {
    return unmet(`with ${amr.join(' and ')}`, told(token.amr));
  }
  if (maxAgeMs !== null) {
    const wanted = `not older than ${formatDuration(maxAgeMs)}`;
    if (token.authTime === null) return unmet(wanted, 'of an unknown time');
    const ageMs = now - token.authTime;
    // A time that is still to come, by more than clocks differ, is no proof of a sign-in that was.
    if (ageMs < -CLOCKS_DIFFER_MS) return unmet(wanted, 'of a time still to come');
    if (ageMs > maxAgeMs) return unmet(wanted, `${formatDuration(ageMs)} old`);
  }
  return { ok: true };
}

/** What is demanded, in words for a card. */
export function stepUpText({ acr, amr, maxAgeMs }: StepUp): string {
  const parts = [
    ...(acr === null ? [] : [acr.join(' or ')]),
    ...(amr === null ? [] : [amr.join(' and ')]),
    ...(maxAgeMs === null ? [] : [`not older than ${formatDuration(maxAgeMs)}`]),
  ];
  return `a sign-in ${parts.join(', ')}`;
}

function unmet(wanted: string, found: string): ReturnType<typeof refuse> {
  return refuse(
    'step_up_required',
    `This stage is decided under a sign-in ${wanted}; yours is ${found}. Sign in again as it asks.`,
  );
}
