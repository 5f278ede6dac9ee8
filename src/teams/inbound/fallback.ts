import { readShown } from '../../interactions/card-data.ts';
import type { TeamsActivity } from './activity.ts';
import type { BotDeps } from '../deps.ts';
import { textOf } from '../../lib/strict-json.ts';
import type { Message } from '../outbound/messenger.ts';

/**
 * Answers an Action.Submit: the choice of a workflow, or a button of ours in a client without
 * Action.Execute. Such a press brings no token, so it does nothing. The answer says where the
 * button works.
 */
export async function answerSubmitted(deps: BotDeps, activity: TeamsActivity): Promise<Message> {
  const { value } = activity;
  const { chat } = deps.text;
  const shown = readShown(value);
  if (shown) {
    const request = await deps.app.loadForCard(shown.id);
    if (request?.digest !== shown.digest) return { text: chat.updateTeamsAndReopen };
    return { text: chat.decideElsewhere({ number: request.number }) };
  }
  const id = textOf(value.workflow, 128);
  const workflow = id === undefined ? undefined : deps.app.getWorkflow(id);
  if (workflow && value.verb === undefined) return deps.cards.form({ workflow, values: {} });
  return { text: chat.updateTeams };
}
