import { mayRead } from '../../domain/people/authority.ts';
import type { Principal } from '../../domain/people/principal.ts';
import type { Refusal } from '../../domain/refusal.ts';
import type { DecideResult } from '../ports/app.ts';
import { applyCommand } from './apply-command.ts';
import { hidden } from './decide-request.ts';
import { recordRefusal } from './record-refusal.ts';
import type { RefusalDeps } from './record-refusal.ts';

/** Cancels a pending request, for its requester or beneficiary. */
export async function cancelRequest(
  deps: RefusalDeps,
  input: { id: string; by: Principal },
): Promise<DecideResult> {
  const seen = await deps.store.loadRequest(input.id);
  if (!seen) return hidden();
  if (!mayRead(seen, input.by, deps.administration)) {
    await record(deps, input, hidden().refusal);
    return hidden();
  }
  const applied = await applyCommand(deps, {
    id: input.id,
    command: { type: 'cancel', by: input.by },
  });
  if (applied.kind === 'stepped') {
    return { kind: 'decided', request: applied.request, decision: null };
  }
  if (applied.kind !== 'refused') return hidden();
  if (applied.request.state === 'cancelled') {
    return { kind: 'repeated', request: applied.request, decision: null };
  }
  await record(deps, input, applied.refusal);
  return { kind: 'refused', request: applied.request, refusal: applied.refusal };
}

function record(
  deps: RefusalDeps,
  { id: requestId, by }: { id: string; by: Principal },
  refusal: Refusal,
): Promise<void> {
  const tried = { command: 'cancel' } as const;
  return recordRefusal(deps, { type: 'decision.refused', requestId, by, refusal, tried });
}
