import type { EventType } from '../../domain/events/catalogue.ts';
import type { Principal } from '../../domain/people/principal.ts';
import type { Refusal } from '../../domain/refusal.ts';
import { Lru } from '../../lib/lru.ts';
import { stamp } from './build-change.ts';
import type { Deps } from '../deps.ts';

const WINDOW_MS = 60_000;
const PER_WINDOW = 20;

/** Bounds how many refusals of one person enter the audit log. */
export interface RefusalRecorder {
  /** Whether one more of this key may be recorded now. */
  admit(key: string, now: number): boolean;
}

/** At most 20 a minute and person; people beyond the last 10,000 start afresh. */
export function createRefusalRecorder(): RefusalRecorder {
  const windows = new Lru<string, { since: number; count: number }>(10_000);
  return {
    admit(key, now) {
      const window = windows.get(key);
      // A clock that was put back must not keep the window open for as long.
      if (!window || now < window.since || now - window.since >= WINDOW_MS) {
        windows.set(key, { since: now, count: 1 });
        return true;
      }
      window.count += 1;
      return window.count <= PER_WINDOW;
    },
  };
}

/** Writes a refused command of an authenticated principal to the audit log. */
export async function recordRefusal(
  deps: Deps & { refusals: RefusalRecorder },
  refused: {
    type: Extract<EventType, 'decision.refused' | 'submission.refused'>;
    requestId: string | null;
    by: Principal;
    refusal: Refusal;
    data: Readonly<Record<string, unknown>>;
  },
): Promise<void> {
  const now = deps.clock.now();
  if (!deps.refusals.admit(refused.by.key, now)) return;
  await deps.store.commit({
    id: deps.ids.next('chg', now),
    at: now,
    events: stamp(
      [
        {
          type: refused.type,
          requestId: refused.requestId,
          actor: refused.by.key,
          data: {
            ...refused.data,
            code: refused.refusal.code,
            roles: refused.by.roles,
            token: refused.by.token,
            proof: refused.by.proof ?? null,
          },
        },
      ],
      deps.ids,
      now,
    ),
  });
}
