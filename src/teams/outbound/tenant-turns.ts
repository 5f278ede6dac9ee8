import type { Clock } from '../../lib/clock.ts';
import { TENANT_WINDOW, nextCallAt, withAnswered } from './call-windows.ts';
import type { Answered } from './call-windows.ts';

/** This process's share of the rate limit of one tenant. */
export interface TenantTurns {
  /** The time of the next allowed call (ms); Infinity: not before `changed` is called. */
  nextAt(): number;
  /** Starts a call if the window has room now; `end` must follow. */
  take(): boolean;
  /** The call was answered, or not made (`made` false). */
  end(made: boolean): void;
  /** Retry-After: no call before this time (ms). */
  rest(until: number): void;
}

/**
 * Creates the turns. `calls` returns the current share of this process; `changed` is called when a
 * full window has room again.
 */
export function createTenantTurns(given: {
  clock: Clock;
  calls: () => number;
  changed: () => void;
}): TenantTurns {
  const { clock, calls, changed } = given;
  let answered: Answered = [];
  let underWay = 0;
  let restUntil = 0;
  const nextAt = () =>
    Math.max(restUntil, nextCallAt([{ ...TENANT_WINDOW, calls: calls() }], { answered, underWay }));
  return {
    nextAt,
    take() {
      if (nextAt() > clock.now()) return false;
      underWay += 1;
      return true;
    },
    end(made) {
      const now = clock.now();
      const full = nextAt() > now;
      underWay -= 1;
      if (made) answered = withAnswered(answered, [now, 1], now);
      if (full) changed();
    },
    rest(until) {
      restUntil = Math.max(restUntil, until);
    },
  };
}
