import type { Principal } from '../domain/people/principal.ts';
import { refuse } from '../domain/refusal.ts';
import type { Request } from '../domain/request/request.ts';
import type { CardAction, InteractionDeps, RequestAction } from './card-action.ts';
import { readReason, readShown, readStage } from './card-data.ts';
import { decideRequest } from './decide-request.ts';
import type { ProofSubject } from './prover.ts';
import type { Reply } from './reply.ts';
import { submitForm } from './submit-form.ts';

/** Does what the button or form of a card asks for, in the name of the person that is proven. */
export async function performAction<Ask>(
  deps: InteractionDeps,
  action: CardAction<Ask>,
): Promise<Reply<Ask>> {
  const { app } = deps;
  const { verb, data } = action;
  if (verb === 'submit') return submitForm(deps, action);
  const { n } = data;
  if (verb === 'review' && typeof n === 'number' && Number.isSafeInteger(n) && n > 0) {
    const subject = { requestId: `number:${n}`, revision: 0 };
    return review(action, subject, (by) => app.readRequestByNumber({ number: n, by }));
  }
  const shown = readShown(data);
  if (!shown) return { kind: 'invalid', code: 'card_data_invalid' };
  switch (verb) {
    case 'approve':
    case 'deny':
    case 'withdraw': {
      const stage = readStage(data);
      if (!stage) return { kind: 'invalid', code: 'card_data_invalid' };
      // Deny on a card has a reason for each stage, a review one for all its buttons.
      const reason = readReason(data[`reason:${stage.stage}`] ?? data.reason);
      return decideRequest(deps, { ...action, shown }, { ...stage, word: verb, reason });
    }
    case 'cancel':
      return cancel(deps, { ...action, shown });
    case 'review': {
      const subject = { requestId: shown.id, revision: shown.revision };
      return review(action, subject, (by) => app.readRequest({ id: shown.id, by }));
    }
    default:
      return { kind: 'invalid', code: 'verb_unknown' };
  }
}

/** Cancel: by the person who asked. */
async function cancel<Ask>(
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

/**
 * Review: everything that is decided about, for people whose token lets them read it. Nothing is
 * revealed before the reader is known.
 */
async function review<Ask>(
  { prover }: CardAction<Ask>,
  subject: ProofSubject,
  read: (by: Principal) => Promise<Request | undefined>,
): Promise<Reply<Ask>> {
  const proof = await prover.prove({ subject });
  if (proof.kind === 'unproven') return proof;
  const request = await read(proof.by);
  if (request) return { kind: 'review', request, viewer: proof.by };
  return { kind: 'refused', refusal: refuse('request_not_found').refusal };
}
