import type { TeamsSender } from '../../usecases/ports/teams-sender.ts';
import { clickedCard } from './activity.ts';
import type { TeamsActivity } from './activity.ts';
import type { Answer } from './adapter.ts';
import { cardAnswer, errorAnswer, refusalAnswer } from './answers.ts';
import type { BotDeps } from '../deps.ts';
import { readFilled } from './form-values.ts';
import { textOf } from '../json.ts';
import type { Json } from '../json.ts';
import { prove } from './proof.ts';
import { requestAnswer } from './request-view.ts';

/**
 * Submit: makes the request that a form asks for, in the name that the brought token proves. A
 * problem with a field shows the form again; the form's message becomes the request's card.
 */
export async function onSubmit(
  deps: BotDeps,
  { activity, sender, data }: { activity: TeamsActivity; sender: TeamsSender; data: Json },
): Promise<Answer> {
  const id = textOf(data.workflow, 128);
  const workflow = id === undefined ? undefined : deps.app.getWorkflow(id);
  if (!workflow) return errorAnswer(deps.text, 400, 'workflow_unknown');
  const subject = { requestId: `workflow:${workflow.id}`, revision: 0 };
  const proof = await prove(deps, activity, { sender, subject });
  if (proof.kind === 'answer') return proof.answer;
  const { fields, reason, values } = readFilled(workflow, data);
  const result = await deps.app.submitRequest({
    workflow: workflow.id,
    by: proof.by,
    fields,
    reason,
    // With a card the form's own message is the key: one form makes one request.
    idempotencyKey: `teams:${activity.id}`,
    teams: { sender, exchangeId: proof.exchangeId, card: clickedCard(activity) },
  });
  if (result.kind !== 'refused') {
    return requestAnswer(deps, result.request, proof.by);
  }
  const { refusal: problem } = result;
  if (problem.field === undefined) return refusalAnswer(deps.text, problem);
  return cardAnswer(deps.cards.form({ workflow, values, problem }));
}
