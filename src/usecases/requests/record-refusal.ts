import type { DecisionTried, EventBody } from '../../domain/events/catalogue.ts';
import { directoryName } from '../../domain/people/principal.ts';
import type { Principal } from '../../domain/people/principal.ts';
import type { Refusal } from '../../domain/refusal.ts';
import type { AppContext } from '../app-context.ts';
import type { Limiter } from '../limits.ts';
import { personKey } from '../people/people.ts';
import type { MismatchInput } from '../ports/app.ts';

/**
 * Decides which refusals the audit log records, under the limits of principal and issuer. Strangers'
 * are counted only: a public issuer has any number of them.
 */
export function createRefusalRecorder(limiter: Pick<Limiter, 'refusal' | 'isStranger'>) {
  const count = { strangers: 0, limited: 0 };
  return {
    /** Whether the refusal of a verified principal may be recorded now. */
    admit(by: Principal): boolean {
      if (!limiter.isStranger(by)) return this.admitKey({ key: by.key, issuer: by.provider });
      count.strangers += 1;
      return false;
    },
    /** The same for a key that the limits count by, such as of a sender in Teams. */
    admitKey(of: { key: string; issuer: string }): boolean {
      const admitted = limiter.refusal(of);
      if (!admitted) count.limited += 1;
      return admitted;
    },
    unrecorded: (): Readonly<typeof count> => ({ ...count }),
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
export async function recordRefusal(deps: RefusalDeps, refused: Refused): Promise<void> {
  if (deps.refusals.admit(refused.by)) await record(deps, refusalEvent(refused));
}

/** Writes to the audit log that a token was of another person than the sender. */
export async function recordMismatch(deps: RefusalDeps, input: MismatchInput): Promise<void> {
  const { sender, signedInAs, requestId, code } = input;
  const key = directoryName({ tenant: sender.tenantId, objectId: sender.objectId });
  const named = signedInAs === undefined ? {} : { signedInAs };
  const data = { code, sender: { key, ...sender }, ...named };
  const event = { type: 'identity.mismatch', requestId, actor: null, data } as const;
  const issuer = `teams ${sender.tenantId}`;
  if (deps.refusals.admitKey({ key: personKey(sender), issuer })) await record(deps, event);
}

async function record(deps: RefusalDeps, event: EventBody): Promise<void> {
  const now = deps.clock.now();
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
