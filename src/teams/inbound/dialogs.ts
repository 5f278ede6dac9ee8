import { refuse } from '../../domain/refusal.ts';
import { checkFields } from '../../domain/workflow/fields.ts';
import { MAX_REASON_LENGTH } from '../../domain/request/submit.ts';
import { DeliveryError } from '../../usecases/ports/delivery-error.ts';
import type { RequestForm } from '../../usecases/ports/cards.ts';
import type { TeamsActivity } from './activity.ts';
import type { Answer } from './adapter.ts';
import { dialogAnswer, dialogMessage } from './answers.ts';
import type { BotDeps } from '../deps.ts';
import { readFilled } from '../../interactions/card-data.ts';
import { jsonOr, textOf } from '../../lib/strict-json.ts';
import type { JsonObject } from '../../lib/strict-json.ts';

/** Opens a dialog: the form of the named workflow, or else the choice of one. */
export function openDialog(deps: BotDeps, activity: TeamsActivity): Answer {
  return show(deps, activity, workflowIn(deps, jsonOr(activity.value.data)));
}

/**
 * Handles a sent dialog. A choice opens its form. A valid form is posted to the person's chat with
 * the bot, because only a card action there brings the requester's token. Nothing is requested
 * before.
 */
export async function submitDialog(deps: BotDeps, activity: TeamsActivity): Promise<Answer> {
  const data = jsonOr(activity.value.data);
  const workflow = workflowIn(deps, data);
  const { sender } = activity;
  const { answers } = deps.text;
  if (!workflow || !isFilled(data)) return show(deps, activity, workflow);
  if (!sender) return note(deps, activity, answers.cannotRequestHere);
  const { fields, reason, values } = readFilled(workflow, data);
  const form: RequestForm = { workflow, values };
  const checked = checkFields(workflow, fields);
  if (!checked.ok) {
    return dialogAnswer(deps.text, deps.cards.dialogForm({ ...form, problem: checked.refusal }));
  }
  if (reason !== null && reason.length > MAX_REASON_LENGTH) {
    const { refusal: problem } = refuse('reason_too_long', { max: MAX_REASON_LENGTH });
    return dialogAnswer(deps.text, deps.cards.dialogForm({ ...form, problem }));
  }
  try {
    const { serviceUrl } = activity;
    await deps.chats.send({ ...sender, serviceUrl }, deps.cards.form(form));
    return note(deps, activity, answers.confirmInChat);
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error;
    deps.log.warn('a form did not reach its chat', { error });
    const message = error.reason === 'unreachable' ? answers.installFirst : answers.notSent;
    return dialogAnswer(deps.text, deps.cards.dialogForm({ ...form, message }));
  }
}

function show(
  deps: BotDeps,
  activity: TeamsActivity,
  workflow: RequestForm['workflow'] | undefined,
): Answer {
  const all = deps.workflows.list();
  const form = workflow ?? (all.length === 1 ? all[0] : undefined);
  if (form) return dialogAnswer(deps.text, deps.cards.dialogForm({ workflow: form, values: {} }));
  if (all.length === 0) return note(deps, activity, deps.text.answers.nothingToRequest);
  return dialogAnswer(deps.text, deps.cards.picker(all).card);
}

/**
 * A sentence that ends a dialog. A message extension has no answer for that but another dialog
 * (learn.microsoft.com, "Respond to the dialog submit action"); dialogs of cards have messages.
 */
function note({ cards, text }: BotDeps, { name }: TeamsActivity, sentence: string): Answer {
  if (name?.startsWith('composeExtension/') !== true) return dialogMessage(sentence);
  return dialogAnswer(text, cards.dialogNote(sentence), 'small');
}

function workflowIn(deps: BotDeps, data: JsonObject) {
  const id = textOf(data.workflow, 128);
  return id === undefined ? undefined : deps.app.getWorkflow(id);
}

// The picker sends only the workflow; a form sends its inputs too.
function isFilled(data: JsonObject): boolean {
  return (
    data.v !== undefined ||
    Object.keys(data).some((key) => !['workflow', 'msteams', 'verb'].includes(key))
  );
}
