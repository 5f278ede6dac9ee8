import { refuse } from '../../domain/refusal.ts';
import type { Workflow } from '../../domain/workflow/workflow.ts';
import { escapeMarkdown } from '../../lib/escape-markdown.ts';
import type { CardContent } from '../../usecases/ports/ports.ts';
import type { TeamsActivity } from './activity.ts';
import { parseCommand, withoutMention } from './commands.ts';
import type { Command } from './commands.ts';
import type { BotDeps } from '../deps.ts';
import { answerSubmitted } from './fallback.ts';
import type { Message } from '../outbound/messenger.ts';

const UNKNOWN = 'I know `request`, `request <workflow>`, `status <number>`, `sign out` and `help`.';
const NO_WORKFLOWS = 'There is nothing to request yet: no workflow is configured.';

/** What a message is answered with. Errors of the store are thrown. */
export async function answerMessage(deps: BotDeps, activity: TeamsActivity): Promise<Message> {
  if (Object.keys(activity.value).length > 0) return answerSubmitted(deps, activity);
  const command = parseCommand(withoutMention(activity.raw, activity.text));
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
      return { text: UNKNOWN };
  }
}

/** Ends the sender's session: whoever writes under a name may end what that name holds. */
async function signOut(
  { sessions }: BotDeps,
  { sender, conversation }: TeamsActivity,
): Promise<string> {
  if (!sessions) return 'You sign in at every decision here, so there is nothing to sign out of.';
  if (!conversation.personal) return 'Send `sign out` to me in our own chat.';
  const ended = sender !== null && (await sessions.signOut(sender));
  return ended
    ? 'You are signed out. The next button asks you to sign in.'
    : 'You are not signed in.';
}

/** A form for the workflow that is named; a choice where none or more than one is. */
function answerRequest(
  deps: BotDeps,
  { workflow: wanted, values }: Extract<Command, { name: 'request' }>,
): Message {
  if (wanted === '') return pickerMessage(deps, deps.workflows.list());
  const found = deps.app.findWorkflow(wanted);
  const [workflow] = found;
  if (!workflow) {
    return {
      text:
        `No workflow is called ${escapeMarkdown(wanted.slice(0, 60))}. Send ` +
        '`request` to choose one.',
    };
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

function pickerMessage(deps: BotDeps, workflows: readonly Workflow[]): CardContent | Message {
  if (workflows.length === 0) return { text: NO_WORKFLOWS };
  const [only] = workflows;
  if (only && workflows.length === 1) return deps.cards.form({ workflow: only, values: {} });
  return { card: deps.cards.picker(workflows), summary: 'What do you want to request?' };
}
