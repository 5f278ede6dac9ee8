import { isAdministrator, isAuditor } from '../domain/people/administration.ts';
import type { Administration } from '../domain/people/administration.ts';
import { isStranger } from '../domain/people/authority.ts';
import type { Principal, PrincipalRef } from '../domain/people/principal.ts';
import { refuse } from '../domain/refusal.ts';
import type { RefusalParams, Ruling } from '../domain/refusal.ts';
import type { Workflow } from '../domain/workflow/workflow.ts';
import type { Clock } from '../lib/clock.ts';
import { createRate } from '../lib/rate.ts';

/** How much one principal, and all principals of one issuer, may use of a process. */
export interface Limits {
  /** Submissions a minute. */
  readonly submissions: { readonly principal: number; readonly issuer: number };
  /** Pages of lists a minute. */
  readonly lists: { readonly principal: number; readonly issuer: number };
  /** Long polls at once; `request`: by the wait token of one request. */
  readonly waits: { readonly request: number; readonly principal: number; readonly issuer: number };
  /** Refusals a minute that the audit log records. */
  readonly refusals: { readonly principal: number; readonly issuer: number };
}

type Caller = Pick<PrincipalRef, 'key' | 'provider'>;
type Of = RefusalParams['rate_limited']['of'];

/** Who waits: a principal, or the holder of the wait token of a request. */
export type Waiter =
  | { readonly by: Caller; readonly request?: undefined }
  | {
      readonly request: { readonly id: string; readonly requester: Caller };
      readonly by?: undefined;
    };

/** How long a refused long poll should rest: nobody knows when another one ends. */
const WAIT_RETRY_MS = 5_000;

export type Limiter = ReturnType<typeof createLimiter>;

/**
 * Counts what principals and issuers use of this process. At an issuer that is open to everybody
 * (such as GitHub's), those whom no rule names have an issuer's limit of their own, so that they use
 * up nobody else's.
 */
export function createLimiter(given: {
  limits: Limits;
  clock: Clock;
  workflows: { list(): readonly Workflow[] };
  administration: Administration;
}) {
  const { limits, clock, workflows, administration } = given;
  const submissions = ratesOf(limits.submissions);
  const lists = ratesOf(limits.lists);
  const refusals = ratesOf(limits.refusals);
  const waiting = new Map<string, number>();
  const stranger = (by: Principal) =>
    isStranger(workflows.list(), by) &&
    !isAdministrator(administration, by) &&
    !isAuditor(administration, by);
  const admit = (what: 'submissions' | 'lists', by: Principal): Ruling<object> => {
    const rates = what === 'lists' ? lists : submissions;
    const keys = { principal: by.key, issuer: issuerKey(by.provider, stranger(by)) };
    const { of, waitMs } = rates.take(keys, clock.now());
    if (of === null) return { ok: true };
    return refuse('rate_limited', { limit: what, of, retryAfterMs: waitMs });
  };
  return {
    submission: (by: Principal) => admit('submissions', by),
    list: (by: Principal) => admit('lists', by),
    /** Whether one more refusal may be recorded. */
    refusal: (of: { key: string; issuer: string }): boolean =>
      refusals.take({ principal: of.key, issuer: of.issuer }, clock.now()).of === null,
    isStranger: stranger,
    /** Takes a place among those who wait, until `leave`. */
    wait(waiter: Waiter): Ruling<{ leave: () => void }> {
      const places = placesOf(waiter, limits.waits);
      const full = places.find(({ key, limit }) => (waiting.get(key) ?? 0) >= limit);
      if (full !== undefined) {
        const { of } = full;
        return refuse('rate_limited', { limit: 'waits', of, retryAfterMs: WAIT_RETRY_MS });
      }
      for (const { key } of places) waiting.set(key, (waiting.get(key) ?? 0) + 1);
      let here = true;
      const leave = () => {
        if (!here) return;
        here = false;
        for (const { key } of places) {
          const left = (waiting.get(key) ?? 0) - 1;
          if (left > 0) waiting.set(key, left);
          else waiting.delete(key);
        }
      };
      return { ok: true, leave };
    },
  };
}

function placesOf(
  { by, request }: Waiter,
  limits: Limits['waits'],
): readonly { key: string; of: Of; limit: number }[] {
  const { key, provider } = by ?? request.requester;
  return [
    ...(request
      ? [{ key: `request ${request.id}`, of: 'request' as const, limit: limits.request }]
      : []),
    { key: `principal ${key}`, of: 'principal', limit: limits.principal },
    { key: `issuer ${provider}`, of: 'issuer', limit: limits.issuer },
  ];
}

function issuerKey(provider: string, stranger: boolean): string {
  return stranger ? `strangers of ${provider}` : provider;
}

/** Two rates that hold together: what one refuses uses up nothing of the other. */
function ratesOf({ principal, issuer }: Limits['lists']) {
  const ofPrincipal = createRate(principal);
  const ofIssuer = createRate(issuer);
  return {
    take(
      keys: { principal: string; issuer: string },
      now: number,
    ): { of: 'principal' | 'issuer' | null; waitMs: number } {
      const own = ofPrincipal.waitMs(keys.principal, now);
      if (own > 0) return { of: 'principal', waitMs: own };
      const shared = ofIssuer.waitMs(keys.issuer, now);
      if (shared > 0) return { of: 'issuer', waitMs: shared };
      ofPrincipal.use(keys.principal, now);
      ofIssuer.use(keys.issuer, now);
      return { of: null, waitMs: 0 };
    },
  };
}
