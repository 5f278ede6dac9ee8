import type { Clock } from '../../lib/clock.ts';
import { TENANT_WINDOW, nextCallAt, withAnswered } from './call-windows.ts';
import type { Answered } from './call-windows.ts';

export type TenantTurns = ReturnType<typeof createTenantTurns>;

/**
 * This process's share of the rate limit of one tenant. `calls` returns the current share; `changed`
 * is called when a full window has room again.
 */
export function createTenantTurns(given: {
  clock: Clock;
  calls: () => number;
  changed: () => void;
}) {
  const { clock, calls, changed } = given;
  let answered: Answered = [];
  let underWay = 0;
  let restUntil = 0;
  const nextAt = () =>
    Math.max(restUntil, nextCallAt([{ ...TENANT_WINDOW, calls: calls() }], { answered, underWay }));
  return {
    /** The time of the next allowed call (ms); Infinity: not before `changed` is called. */
    nextAt,
    /** Starts a call if the window has room now; `end` must follow. */
    take(): boolean {
      if (nextAt() > clock.now()) return false;
      underWay += 1;
      return true;
    },
    /** The call was answered, or not made (`made` false). */
    end(made: boolean): void {
      const now = clock.now();
      const full = nextAt() > now;
      underWay -= 1;
      if (made) answered = withAnswered(answered, [now, 1], now);
      if (full) changed();
    },
    /** Retry-After: no call before this time (ms). */
    rest(until: number): void {
      restUntil = Math.max(restUntil, until);
    },
  };
}
