import type { NoticeParams } from '../../domain/notice.ts';
import { format } from './format.ts';
import { states } from './states.ts';

const { number } = format;

/** The bot's messages in a chat: Markdown with escaped params. */
export const chat = {
  unknownCommand:
    'I know `request`, `request <workflow>`, `status <number>`, `sign out` and `help`.',
  commandTooLong: ({ max }: { max: number }) =>
    `A command may have ${number(max)} characters. Send \`request\` and fill in the form.`,
  noWorkflows: 'There is nothing to request yet: no workflow is configured.',
  noSuchWorkflow: ({ called }: { called: string }) =>
    `No workflow is called ${called}. Send \`request\` to choose one.`,
  signInEachTime: 'You sign in at every decision here, so there is nothing to sign out of.',
  signOutElsewhere: 'Send `sign out` to me in our own chat.',
  signedOut: 'You are signed out. The next button asks you to sign in.',
  notSignedIn: 'You are not signed in.',

  /** Answers to a button in a client without Action.Execute. */
  updateTeams: 'This version of Teams cannot run the button. Update Teams and press it again.',
  updateTeamsAndReopen:
    'This version of Teams cannot run the button. Update Teams and open the card again.',
  decideElsewhere: ({ number }: { number: number }) =>
    'This version of Teams cannot run the button. Update Teams, or decide request ' +
    `${number} in another Teams client.`,
};

/** Answers to buttons and dialogs. */
export const answers = {
  signIn: 'Sign in',
  signInWhy: 'Sign in to show that it is you.',
  nobodySignsIn: 'Nobody can sign in here yet: ask an administrator to configure it.',
  rolesTooOld:
    'You signed in, but your roles were confirmed too long ago to count. Press the button again ' +
    'and come back with the code without delay.',

  dialogTitle: 'New request',
  confirmInChat: 'Confirm it in your chat with Countersign: the form is waiting there.',
  installFirst: 'Add the Countersign app for yourself first, then send the form again.',
  cannotRequestHere: 'Teams did not say who you are, so this cannot be requested here.',
  notSent: 'Teams did not take the message. Please try again in a minute.',
  nothingToRequest: 'There is nothing to request yet.',

  errors: {
    sender_unknown: 'Teams did not say who you are.',
    card_data_invalid: 'This button is not one that the service made. Open the card again.',
    verb_unknown: 'This button is not one that the service made. Open the card again.',
    workflow_unknown: 'There is no such workflow.',
    request_not_found: 'There is no such request.',
    internal_error: 'Something went wrong here. Please try again.',
  },
};

/** Why Teams takes no card in a channel, by the reason of the refusal. */
const whyWaiting: Readonly<Record<string, string>> = {
  not_member: 'the Countersign app is not in that channel: somebody must add it to the team',
  place_unknown: 'Teams does not know that channel: ask who runs Countersign',
  blocked: 'an administrator of Teams has blocked the Countersign app',
};

/** Messages in a person's own chat: Markdown with escaped params. */
export const notices = {
  request_ended: ({ number, title, state }: NoticeParams<'request_ended'>) =>
    `Request ${number} (${title}): **${states[state].word}**.`,
  card_waiting: ({ number, title, channel, reason }: NoticeParams<'card_waiting'>) =>
    `Request ${number} (${title}) waits: its card cannot be shown in the channel **${channel}**, ` +
    `because ${whyWaiting[reason] ?? 'Teams refuses it'}. It appears there as soon as that is ` +
    `mended. Until then those who may decide can send me \`status ${number}\`.`,
};
