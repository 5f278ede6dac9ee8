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
  if (acr !== null && !acr.some((one) => contexts.includes(one))) {
    return refuse('step_up_required', { lacks: 'acr', wanted: acr, found: contexts });
  }
  if (amr !== null && !amr.every((one) => token.amr.includes(one))) {
    return refuse('step_up_required', { lacks: 'amr', wanted: amr, found: token.amr });
  }
  if (maxAgeMs !== null) {
    const ageMs = token.authTime === null ? null : now - token.authTime;
    // A time in the future, by more than clocks differ, proves no sign-in.
    if (ageMs === null || ageMs < -CLOCKS_DIFFER_MS || ageMs > maxAgeMs) {
      return refuse('step_up_required', { lacks: 'age', maxAgeMs, ageMs });
    }
  }
  return { ok: true };
}
