import { describeError } from '../../lib/logger.ts';
import type { TeamsActivity } from './activity.ts';
import type { Answer } from './adapter.ts';
import { errorAnswer } from './answers.ts';
import { onCancel, onDecide } from './decide-action.ts';
import type { BotDeps } from '../deps.ts';
import { readReason } from './form-values.ts';
import { jsonOr } from '../json.ts';
import { readShown, readStage } from './request-view.ts';
import { onSubmit } from './submit-action.ts';
import { onRefresh, onReview, onReviewByNumber } from './view-actions.ts';

/** `adaptiveCard/action`: a button of one of our cards was pressed. Never throws. */
export async function onCardAction(deps: BotDeps, activity: TeamsActivity): Promise<Answer> {
  try {
    return await act(deps, activity);
  } catch (error) {
    deps.log.error('a card action failed', {
      activityId: activity.id,
      error: describeError(error),
    });
    return errorAnswer(deps.text, 500, 'internal_error');
  }
}

async function act(deps: BotDeps, activity: TeamsActivity): Promise<Answer> {
  const { sender } = activity;
  if (!sender) return errorAnswer(deps.text, 400, 'sender_unknown');
  const action = jsonOr(activity.value.action);
  const data = jsonOr(action.data);
  const { verb } = action;
  if (verb === 'submit') return onSubmit(deps, { activity, sender, data });
  const { n } = data;
  if (verb === 'review' && typeof n === 'number' && Number.isSafeInteger(n) && n > 0) {
    return onReviewByNumber(deps, { activity, sender, number: n });
  }
  const shown = readShown(data);
  if (!shown) return errorAnswer(deps.text, 400, 'card_data_invalid');
  const cardAction = { activity, sender, shown };
  switch (verb) {
    case 'approve':
    case 'deny':
    case 'withdraw': {
      const stage = readStage(data);
      if (!stage) return errorAnswer(deps.text, 400, 'card_data_invalid');
      // Deny on a card has a reason for each stage, a review one for all its buttons.
      const reason = readReason(data[`reason:${stage.stage}`] ?? data.reason);
      return onDecide(deps, cardAction, { ...stage, word: verb, reason });
    }
    case 'cancel':
      return onCancel(deps, cardAction);
    case 'review':
      return onReview(deps, cardAction);
    case 'refresh':
      return onRefresh(deps, cardAction);
    default:
      return errorAnswer(deps.text, 400, 'verb_unknown');
  }
}
