import type { Clock } from '../../lib/clock.ts';
import { TENANT_WINDOW, nextCallAt, withAnswered } from './call-windows.ts';
import type { Answered } from './call-windows.ts';

/** This process's part of what Teams allows for one tenant. */
export interface TenantTurns {
  /** When the next call may be made (ms); Infinity: not before `changed` is called. */
  nextAt(): number;
  /** Takes one call out of the window where there is room now; `end` it. */
  take(): boolean;
  /** The call was answered, or was not made after all (`made` false). */
  end(made: boolean): void;
  /** Retry-After: no call before this time (ms). */
  rest(until: number): void;
}

/** `calls` is how many of the window's calls are this process's now; `changed` is called when
 * a full window has more room. */
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
