import { seeded } from './seeded.ts';
import type { Draws } from './seeded.ts';

/** Who may decide in the campaign. */
export const APPROVERS = ['amara', 'kenji', 'ingrid', 'rafael'] as const;

/** Times are in ms after the start of the schedule, those of a click after its card was seen. */
export interface Schedule {
  readonly index: number;
  readonly requests: readonly PlannedRequest[];
  readonly faults: readonly PlannedFault[];
}

export interface PlannedRequest {
  /** The room that it is posted to. */
  readonly room: number;
  /** `deploy` drops repeats; nothing may be sent to `bank` twice. */
  readonly target: 'deploy' | 'bank';
  readonly afterMs: number;
  readonly clicks: readonly PlannedClick[];
}

export interface PlannedClick {
  readonly by: string;
  readonly verb: 'approve' | 'deny';
  readonly afterMs: number;
  /** How many times the click is sent at once. */
  readonly times: number;
}

/**
 * `kill`: SIGKILL, once the last killed replica answers again. `pause`: SIGSTOP, so that the
 * process wakes late. `line`: a fault of the database connection. `teams` and `target`: a fault of
 * the next call there.
 */
export type PlannedFault =
  | { readonly kind: 'kill'; readonly replica: number; readonly afterMs: number }
  | {
      readonly kind: 'pause';
      readonly replica: number;
      readonly afterMs: number;
      readonly forMs: number;
    }
  | {
      readonly kind: 'line';
      readonly mode: 'reset' | 'swallow' | 'deaf' | 'slow';
      readonly afterMs: number;
      readonly forMs: number;
    }
  | {
      readonly kind: 'teams';
      readonly afterMs: number;
      readonly fault: TeamsFault;
    }
  | { readonly kind: 'target'; readonly afterMs: number; readonly status: 0 | 503 };

type TeamsFault = { readonly status: 502 } | { readonly drop: 'before' | 'after' };

export interface PlanOptions {
  readonly seed: number;
  readonly replicas: number;
  readonly rooms: number;
  /** Whether there is a database connection that can be broken. */
  readonly lines: boolean;
}

const REQUESTS = 4;
const WITHIN_MS = 800;

/** The schedule of this number; equal options give equal schedules. */
export function planSchedule(index: number, options: PlanOptions): Schedule {
  const draw = seeded(Math.imul(options.seed + 1, 0x9e3779b1) + index);
  return {
    index,
    requests: Array.from({ length: 1 + draw.whole(REQUESTS) }, () => request(draw, options)),
    faults: Array.from({ length: 1 + draw.whole(3) }, () => fault(draw, options)),
  };
}

/** One request with one decision, for a long run whose kills are drawn separately. */
export function planSingle(index: number, { seed, rooms }: PlanOptions): PlannedRequest {
  const draw = seeded(Math.imul(seed + 1, 0x9e3779b1) + index);
  const by = draw.one(APPROVERS);
  const verb = draw.chance(0.6) ? ('approve' as const) : ('deny' as const);
  const clicks = [{ by, verb, afterMs: draw.whole(100), times: 1 }];
  return { room: index % rooms, target: 'deploy', afterMs: 0, clicks };
}

function request(draw: Draws, { rooms }: PlanOptions): PlannedRequest {
  const race = draw.chance(0.5);
  return {
    room: draw.whole(rooms),
    target: draw.chance(0.25) ? 'bank' : 'deploy',
    afterMs: draw.whole(WITHIN_MS),
    clicks: Array.from({ length: race ? 2 + draw.whole(5) : 1 }, () => ({
      by: draw.one(APPROVERS),
      verb: draw.chance(0.6) ? ('approve' as const) : ('deny' as const),
      afterMs: race ? draw.whole(30) : draw.whole(300),
      times: draw.chance(0.3) ? 2 : 1,
    })),
  };
}

function fault(draw: Draws, { replicas, lines }: PlanOptions): PlannedFault {
  const afterMs = draw.whole(2 * WITHIN_MS);
  const kinds = ['kill', 'kill', 'kill', 'pause', 'teams', 'target'] as const;
  const kind = lines && draw.chance(0.4) ? 'line' : draw.one(kinds);
  switch (kind) {
    case 'kill':
      return { kind, afterMs, replica: draw.whole(replicas) };
    case 'pause':
      return { kind, afterMs, replica: draw.whole(replicas), forMs: 100 + draw.whole(4_000) };
    case 'line':
      return {
        kind,
        afterMs,
        mode: draw.one(['reset', 'swallow', 'deaf', 'slow'] as const),
        forMs: 100 + draw.whole(1_500),
      };
    case 'teams':
      return {
        kind,
        afterMs,
        fault: draw.one<TeamsFault>([{ status: 502 }, { drop: 'before' }, { drop: 'after' }]),
      };
    case 'target':
      return { kind, afterMs, status: draw.one([0, 503] as const) };
  }
}
