import type { DecisionTried, EventBody } from '../../domain/events/catalogue.ts';
import type { Principal } from '../../domain/people/principal.ts';
import type { Refusal } from '../../domain/refusal.ts';
import { Lru } from '../../lib/lru.ts';
import type { AppContext } from '../app-context.ts';

const WINDOW_MS = 60_000;
const PER_WINDOW = 20;

/** Limits the refusals of one person in the audit log. */
export interface RefusalRecorder {
  /** Whether one more refusal of this key may be recorded now. */
  admit(key: string, now: number): boolean;
}

/** At most 20 a minute for each of the last 10,000 people. */
export function createRefusalRecorder(): RefusalRecorder {
  const windows = new Lru<{ since: number; count: number }>(10_000);
  return {
    admit(key, now) {
      const window = windows.get(key);
      // If the clock was set back, the window ends now.
      if (!window || now < window.since || now - window.since >= WINDOW_MS) {
        windows.set(key, { since: now, count: 1 });
        return true;
      }
      window.count += 1;
      return window.count <= PER_WINDOW;
    },
  };
}

/** A refused command of an authenticated principal. */
export type Refused = {
  readonly by: Principal;
  readonly refusal: Refusal;
} & (
  | { readonly type: 'decision.refused'; readonly requestId: string; readonly tried: DecisionTried }
  | { readonly type: 'submission.refused'; readonly workflow: string }
);

/** Writes a refused command to the audit log. */
export async function recordRefusal(
  deps: AppContext & { refusals: RefusalRecorder },
  refused: Refused,
): Promise<void> {
  const now = deps.clock.now();
  if (!deps.refusals.admit(refused.by.key, now)) return;
  await deps.record([refusalEvent(refused)], now, (recorded) =>
    deps.store.commit({ id: deps.ids.next('chg', now), at: now, ...recorded }),
  );
}

function refusalEvent(refused: Refused): EventBody {
  const { by, refusal } = refused;
  const { code } = refusal;
  const actor = { key: by.key, name: by.name };
  const facts = { code, roles: by.roles, token: by.token, proof: by.proof ?? null };
  if (refused.type === 'submission.refused') {
    const { type, workflow } = refused;
    return { type, requestId: null, actor, data: { workflow, ...facts } };
  }
  const { type, requestId, tried } = refused;
  return { type, requestId, actor, data: { ...tried, ...facts } };
}
