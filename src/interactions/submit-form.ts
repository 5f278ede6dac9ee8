import { textOf } from '../lib/strict-json.ts';
import type { CardAction, InteractionDeps } from './card-action.ts';
import { readFilled } from './card-data.ts';
import type { Reply } from './reply.ts';

/**
 * Submit: makes the request that a form asks for, in the name of the person that is proven. A
 * problem with a field shows the form again; in Teams the form's message becomes the request's card.
 */
export async function submitForm<Ask>(
  { app }: InteractionDeps,
  { data, teams, idempotencyKey, prover }: CardAction<Ask>,
): Promise<Reply<Ask>> {
  const id = textOf(data.workflow, 128);
  const workflow = id === undefined ? undefined : app.getWorkflow(id);
  if (!workflow) return { kind: 'invalid', code: 'workflow_unknown' };
  const proof = await prover.prove({
    subject: { requestId: `workflow:${workflow.id}`, revision: 0 },
  });
  if (proof.kind === 'unproven') return proof;
  const { fields, reason, values } = readFilled(workflow, data);
  const result = await app.submitRequest({
    workflow: workflow.id,
    by: proof.by,
    fields,
    reason,
    idempotencyKey,
    teams: teams && { ...teams, exchangeId: proof.exchangeId },
  });
  if (result.kind !== 'refused') {
    return { kind: 'request', request: result.request, viewer: proof.by };
  }
  const { refusal: problem } = result;
  if (problem.field === undefined) return { kind: 'refused', refusal: problem };
  return { kind: 'form', form: { workflow, values, problem } };
}
