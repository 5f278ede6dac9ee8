import { cancelRequest } from './cancel-request.ts';
import type { CardAction } from './card-action.ts';
import { readShown, readStage } from './card-data.ts';
import { decideRequest } from './decide-request.ts';
import type { InteractionDeps } from './deps.ts';
import { readReason } from './form-values.ts';
import type { Reply } from './reply.ts';
import { reviewByNumber, reviewRequest } from './review-request.ts';
import { submitForm } from './submit-form.ts';

/** Does what the button or form of a card asks for, in the name of the person that is proven. */
export async function performAction<Ask>(
  deps: InteractionDeps,
  action: CardAction<Ask>,
): Promise<Reply<Ask>> {
  const { verb, data } = action;
  if (verb === 'submit') return submitForm(deps, action);
  const { n } = data;
  if (verb === 'review' && typeof n === 'number' && Number.isSafeInteger(n) && n > 0) {
    return reviewByNumber(deps, action, n);
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
      return cancelRequest(deps, { ...action, shown });
    case 'review':
      return reviewRequest(deps, { ...action, shown });
    default:
      return { kind: 'invalid', code: 'verb_unknown' };
  }
}
