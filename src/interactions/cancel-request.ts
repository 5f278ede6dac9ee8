import type { RequestAction } from './card-action.ts';
import type { InteractionDeps } from './deps.ts';
import type { Reply } from './reply.ts';

/** Cancel: by the person who asked. */
export async function cancelRequest<Ask>(
  { app }: InteractionDeps,
  { shown, prover }: RequestAction<Ask>,
): Promise<Reply<Ask>> {
  const subject = { requestId: shown.id, revision: shown.revision };
  const proof = await prover.prove({ subject });
  if (proof.kind === 'unproven') return proof;
  const result = await app.cancelRequest({ id: shown.id, by: proof.by });
  if (result.kind === 'refused') return { kind: 'refused', refusal: result.refusal };
  return { kind: 'request', request: result.request, viewer: proof.by };
}
