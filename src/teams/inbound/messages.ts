import { refuse } from '../../domain/refusal.ts';
import type { Workflow } from '../../domain/workflow/workflow.ts';
import { readShown } from '../../interactions/card-data.ts';
import { escapeMarkdown } from '../../lib/escape-markdown.ts';
import { textOf } from '../../lib/strict-json.ts';
import type { TeamsActivity } from './activity.ts';
import { parseCommand } from './commands.ts';
import type { Command } from './commands.ts';
import { readText } from './read-text.ts';
import type { BotDeps } from '../deps.ts';
import type { Message } from '../outbound/messenger.ts';

/** In characters; a request has room for 12,000 bytes. */
const MAX_COMMAND = 16_000;

/** Answers a message. Throws errors of the store. */
export async function answerMessage(deps: BotDeps, activity: TeamsActivity): Promise<Message> {
  if (Object.keys(activity.value).length > 0) return answerSubmitted(deps, activity);
  const text = readText(activity.raw);
  if (text.length > MAX_COMMAND) {
    return { text: deps.text.chat.commandTooLong({ max: MAX_COMMAND }) };
  }
  const command = parseCommand(text);
  switch (command.name) {
    case 'request':
      return answerRequest(deps, command);
    case 'status':
      return deps.cards.status(command.number);
    case 'sign-out':
      return { text: await signOut(deps, activity) };
    case 'help':
      return deps.cards.help(deps.workflows.list());
    case 'unknown':
      return { text: deps.text.chat.unknownCommand };
  }
}

/** Ends the sender's session. The activity's sender is enough proof for that. */
async function signOut(
  { sessions, text: { chat } }: BotDeps,
  { sender, conversation }: TeamsActivity,
): Promise<string> {
  if (!sessions) return chat.signInEachTime;
  if (!conversation.personal) return chat.signOutElsewhere;
  const ended = sender !== null && (await sessions.signOut(sender));
  return ended ? chat.signedOut : chat.notSignedIn;
}

/** The form of the named workflow, or a choice where the name is missing or ambiguous. */
function answerRequest(
  deps: BotDeps,
  { workflow: wanted, values }: Extract<Command, { name: 'request' }>,
): Message {
  if (wanted === '') return pickerMessage(deps, deps.workflows.list());
  const found = deps.app.findWorkflow(wanted);
  const [workflow] = found;
  if (!workflow) {
    const called = escapeMarkdown(wanted.length > 60 ? `${wanted.slice(0, 60)}…` : wanted);
    return { text: deps.text.chat.noSuchWorkflow({ called }) };
  }
  if (found.length > 1) return pickerMessage(deps, found);
  const stray = Object.keys(values).find(
    (id) => id !== 'reason' && !workflow.fields.some((field) => field.id === id),
  );
  if (stray === undefined) return deps.cards.form({ workflow, values });
  const fields = workflow.fields.map(({ id }) => id);
  const { refusal } = refuse('field_unknown', { workflow: workflow.id, field: stray, fields });
  return deps.cards.form({ workflow, values, problem: refusal });
}

function pickerMessage(deps: BotDeps, workflows: readonly Workflow[]): Message {
  if (workflows.length === 0) return { text: deps.text.chat.noWorkflows };
  const [only] = workflows;
  if (only && workflows.length === 1) return deps.cards.form({ workflow: only, values: {} });
  return deps.cards.picker(workflows);
}

/**
 * Answers an Action.Submit: the choice of a workflow, or a button of ours in a client without
 * Action.Execute. Such a press brings no token, so it does nothing. The answer says where the
 * button works.
 */
async function answerSubmitted(deps: BotDeps, activity: TeamsActivity): Promise<Message> {
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
