import type { DecisionTried, EventBody } from '../../domain/events/catalogue.ts';
import { directoryName } from '../../domain/people/principal.ts';
import type { Principal } from '../../domain/people/principal.ts';
import type { Refusal } from '../../domain/refusal.ts';
import { Lru } from '../../lib/lru.ts';
import type { AppContext } from '../app-context.ts';
import { personKey } from '../people/people.ts';
import type { MismatchInput } from '../ports/app.ts';

const WINDOW_MS = 60_000;
const PER_WINDOW = 20;

/** Limits the refusals in the audit log: at most 20 a minute for each of the last 10,000 people. */
export function createRefusalRecorder() {
  const windows = new Lru<{ since: number; count: number }>(10_000);
  return {
    /** Whether one more refusal of this key may be recorded now. */
    admit(key: string, now: number): boolean {
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

/** The dependencies of use cases that record refusals. */
export type RefusalDeps = AppContext & {
  readonly refusals: ReturnType<typeof createRefusalRecorder>;
};

/** A refused command of an authenticated principal. */
export type Refused = {
  readonly by: Principal;
  readonly refusal: Refusal;
} & (
  | { readonly type: 'decision.refused'; readonly requestId: string; readonly tried: DecisionTried }
  | { readonly type: 'submission.refused'; readonly workflow: string }
);

/** Writes a refused command to the audit log. */
export function recordRefusal(deps: RefusalDeps, refused: Refused): Promise<void> {
  return record(deps, refused.by.key, refusalEvent(refused));
}

/** Writes to the audit log that a token was of another person than the sender. */
export function recordMismatch(deps: RefusalDeps, input: MismatchInput): Promise<void> {
  const { sender, signedInAs, requestId, code } = input;
  const key = directoryName({ tenant: sender.tenantId, objectId: sender.objectId });
  const named = signedInAs === undefined ? {} : { signedInAs };
  const data = { code, sender: { key, ...sender }, ...named };
  const event = { type: 'identity.mismatch', requestId, actor: null, data } as const;
  return record(deps, personKey(sender), event);
}

async function record(deps: RefusalDeps, person: string, event: EventBody): Promise<void> {
  const now = deps.clock.now();
  if (!deps.refusals.admit(person, now)) return;
  await deps.record([event], now, (recorded) =>
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
