import { refuse } from '../../domain/refusal.ts';
import type { Workflow } from '../../domain/workflow/workflow.ts';
import { readShown } from '../../interactions/card-data.ts';
import { escapeMarkdown } from '../../lib/escape-markdown.ts';
import { jsonOr, textOf } from '../../lib/strict-json.ts';
import type { JsonObject } from '../../lib/strict-json.ts';
import type { Typed } from '../../usecases/ports/cards.ts';
import type { TeamsActivity } from './activity.ts';
import { parseCommand } from './commands.ts';
import type { Command } from './commands.ts';
import { readText } from './read-text.ts';
import type { BotDeps } from '../deps.ts';
import type { Message } from '../../usecases/ports/notifier.ts';

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
  { workflow: wanted, values, rest }: Extract<Command, { name: 'request' }>,
): Message {
  const typed = { values, rest };
  if (wanted === '') return pickerMessage(deps, deps.workflows.list(), typed);
  const found = deps.app.findWorkflow(wanted);
  const [workflow] = found;
  if (!workflow) {
    const called = escapeMarkdown(wanted.length > 60 ? `${wanted.slice(0, 60)}…` : wanted);
    return { text: deps.text.chat.noSuchWorkflow({ called }) };
  }
  return found.length > 1 ? pickerMessage(deps, found, typed) : formMessage(deps, workflow, typed);
}

/** The form with what was typed. It names what belongs to none of its fields. */
function formMessage(deps: BotDeps, workflow: Workflow, { values, rest = '' }: Typed): Message {
  const isKnown = (id: string) =>
    id === 'reason' || workflow.fields.some((field) => field.id === id);
  const strays = Object.entries(values).filter(([id]) => !isKnown(id));
  const [[stray] = []] = strays;
  if (stray === undefined) return deps.cards.form({ workflow, values, rest });
  const fields = workflow.fields.map(({ id }) => id);
  const { refusal } = refuse('field_unknown', { workflow: workflow.id, field: stray, fields });
  const pairs = strays.map(([id, value]) => `${id}=${String(value)}`);
  const left = [...pairs, rest].filter(Boolean).join(' ');
  return deps.cards.form({ workflow, values, problem: refusal, rest: left });
}

function pickerMessage(deps: BotDeps, workflows: readonly Workflow[], typed: Typed): Message {
  if (workflows.length === 0) return { text: deps.text.chat.noWorkflows };
  const [only] = workflows;
  if (only && workflows.length === 1) return formMessage(deps, only, typed);
  const isEmpty = Object.keys(typed.values).length === 0 && typed.rest === '';
  return isEmpty ? deps.cards.picker(workflows) : deps.cards.picker(workflows, typed);
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
  if (workflow && value.verb === undefined) return formMessage(deps, workflow, typedIn(value));
  return { text: chat.updateTeams };
}

/** What the choice of a workflow brings on from the command. */
function typedIn({ typed }: JsonObject): Typed {
  const { values, rest } = jsonOr(typed);
  return { values: jsonOr(values), rest: textOf(rest, MAX_COMMAND) ?? '' };
}
