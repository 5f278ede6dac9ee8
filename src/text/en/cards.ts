import type { PrincipalKind } from '../../domain/people/principal.ts';
import type { StepUp } from '../../domain/request/step-up.ts';
import { format } from './format.ts';
import { states } from './states.ts';

const { and, exactDuration, list, number, or } = format;

const kindOfAsker: Readonly<Record<PrincipalKind, string>> = {
  person: '',
  workload: ' (pipeline)',
  agent: ' (AI agent)',
};

/** Sentences on the card of a request. `{name}` placeholders are shown in bold. */
export const cards = {
  needsNewerTeams: 'This card needs a newer version of Teams.',
  summary: ({ asker, title }: { asker: string; title: string }) => `${asker} asks: ${title}`,
  ended: ({ title, state }: { title: string; state: keyof typeof states }) =>
    `${title}: ${states[state].word}`,

  asks: ({ kind, forOther }: { kind: PrincipalKind; forOther: boolean }) =>
    `{asker}${kindOfAsker[kind]} asks${forOther ? ' for {other}' : ''}`,
  timeIsUp: 'Time is up',
  stageOf: ({ label, stage, stages }: { label: string; stage: number; stages: number }) =>
    `${label} · stage ${stage} of ${stages}`,

  youAsked: 'You asked for this, so somebody else decides.',
  askedByRerun: 'This run was started again. Who started it again is not proven.',
  askedByAgent: 'An AI agent asked for this, not a person.',
  askedForYou: 'This was asked for you, so somebody else decides.',
  youApproved: ({ left }: { left: number }) =>
    `You approved this. ${left} more ${left === 1 ? 'approval is' : 'approvals are'} needed.`,
  youDecide: ({ stages }: { stages: readonly string[] }) =>
    `Your decision is asked for: ${list(stages)}`,
  cut: 'Parts are too long for this card. Review shows everything.',
  tooLong: ({ url }: { url: string }) =>
    `This is too long for any card, so it cannot be approved here. Read it at ${url}`,

  yes: 'yes',
  no: 'no',
  reason: 'Reason',
  moreFields: ({ left }: { left: number }) => `… and ${left} more fields`,
  runs: 'Runs',
  target: 'Target',
  lasts: 'Lasts',

  /** Who fills a seat. */
  seat: (seat: { roles: readonly string[]; where: { claim: string; value: string } | null }) => {
    const { roles, where } = seat;
    const claim = where === null ? '' : ` · ${where.claim} is ${where.value}`;
    return `${roles.length > 0 ? or(roles) : 'nobody'}${claim}`;
  },
  decidedBy: (stage: { seats: readonly string[]; denyQuorum: number; stepUp: string | null }) => {
    const { seats, denyQuorum, stepUp } = stage;
    const deny = denyQuorum > 1 ? ` · denied by ${denyQuorum}` : '';
    const signIn = stepUp === null ? '' : ` · needs ${stepUp}`;
    return `Decided by ${seats.join('; ') || 'nobody'}${deny}${signIn}`;
  },
  stepUp: ({ acr, amr, maxAgeMs }: StepUp) => {
    const parts = [
      ...(acr === null ? [] : [or(acr)]),
      ...(amr === null ? [] : [and(amr)]),
      ...(maxAgeMs === null ? [] : [`not older than ${exactDuration(maxAgeMs)}`]),
    ];
    return `a sign-in ${list(parts)}`;
  },
  countOf: ({ count, quorum }: { count: number; quorum: number }) => `${count} of ${quorum}`,
  earlierDecisions: ({ left }: { left: number }) =>
    left === 1 ? '1 earlier decision' : `${left} earlier decisions`,
  said: {
    approve: '{who} approved',
    deny: '{who} denied',
    withdraw: '{who} took that back',
  },
  noLongerCounts: 'no longer counts',
  doubted: ({ doubt }: { doubt: string }) => ` (${doubt})`,
  quoted: ({ reason }: { reason: string }) => `“${reason}”`,
  roleNotFresh: 'role not fresh',
  roleLost: 'role lost since',
  roleUnconfirmed: 'role not confirmed',
  claimChanged: ({ claim }: { claim: string }) => `${claim} changed since`,
  claimUnconfirmed: ({ claim }: { claim: string }) => `${claim} not confirmed`,

  reference: 'Reference',
  moment: ({ date, time }: { date: string; time: string }) => `${date} at ${time}`,
  expires: ({ moment }: { moment: string }) => `Expires ${moment}`,
  asked: ({ moment }: { moment: string }) => `Asked ${moment}`,

  details: 'Details',
  toggleDetails: 'Show or hide details',
  request: 'Request',
  workflow: 'Workflow',
  askedBy: 'Asked by',
  beneficiary: 'For',
  executorConfiguration: 'Executor configuration',
  digest: 'Digest',

  approve: 'Approve',
  deny: 'Deny',
  /** Where several stages are open. */
  approveStage: ({ stage }: { stage: string }) => `Approve: ${stage}`,
  denyStage: ({ stage }: { stage: string }) => `Deny: ${stage}`,
  denyRequest: 'Deny request',
  review: 'Review',
  cancel: 'Cancel request',
  refresh: 'Refresh',
  yourReason: 'Your reason (optional)',
  yourReasonHint: 'Kept with your decision',
  why: 'Why? (optional)',
  whyHint: 'Shown to the person who asked',

  /** The answer to `status 17`. */
  requestNumber: ({ number: no }: { number: number }) => `Request ${no}`,
  reviewShows: 'Review shows it to those who may read it.',
};

/** The form of a request. */
export const form = {
  summary: ({ title }: { title: string }) => `Request: ${title}`,
  send: 'Send request',
  /** The button of a dialog: nothing is requested before the chat. */
  continueInChat: 'Continue in chat',
  pleaseCheck: ({ labels }: { labels: readonly string[] }) =>
    `Please check ${list(labels.map((label) => `“${label}”`))}.`,
  /** Text that an input cannot hold. */
  typed: ({ value }: { value: string }) => `You typed “${value}”.`,
  typedTooLong: ({ characters }: { characters: number }) =>
    `You typed ${number(characters)} characters, too many to show again here. Paste them again.`,
  unread: ({ text }: { text: string }) =>
    `Not understood: “${text}”. Put a value of several words in quotes: reason="a few words".`,
  reason: 'Reason',
  reasonHint: 'Why is it needed? Those who decide read this.',
  /** `more`: other values may ask for further stages. */
  next: ({ stages, within, more }: { stages: readonly string[]; within: string; more: boolean }) =>
    stages.length === 0
      ? `What you fill in says who decides, within ${within}.`
      : `Decided by ${stages.join(', then ')}, within ${within}.` +
        (more ? ' Other values may ask for more approvals.' : ''),
  ranged: ({ label, range }: { label: string; range: string }) => `${label} (${range})`,
  from: ({ min, max }: { min: string; max: string }) => `from ${min} to ${max}`,
  atLeast: ({ min }: { min: string }) => `at least ${min}`,
  atMost: ({ max }: { max: string }) => `at most ${max}`,
  typeChoice: 'Type your choice',
  chooseOne: 'Choose one',
  durationHint: 'such as 30m, 2h or 1d',
  /** Error messages of inputs. Clients render them as Markdown. */
  wrong: {
    text: ({
      label,
      required,
      pattern,
    }: {
      label: string;
      required: boolean;
      pattern: string | null;
    }) => {
      const shape = pattern === null ? '' : `It must match ${pattern}`;
      return required ? `Fill in ${label}. ${shape}`.trimEnd() : shape || `Check ${label}.`;
    },
    choice: ({ label }: { label: string }) => `Choose one for ${label}.`,
    number: ({ label, range }: { label: string; range: string }) =>
      `${label} must be a number ${range}`.trimEnd(),
    duration: ({ label }: { label: string }) =>
      `${label} must be a duration such as 90s, 15m, 8h or 2d.`,
  },
};

/** The choice of a workflow, and the help. */
export const lists = {
  question: 'What do you want to request?',
  workflow: 'Workflow',
  choose: 'Choose what to request.',
  continue: 'Continue',
  typedTooLong: 'What you typed is too long to be kept here. Type it again in the form.',
  nothing: 'There is nothing that you may request.',
  askForRole: 'Your roles allow no workflow. Ask an administrator.',
  more: ({ left }: { left: number }) => `… and ${number(left)} more. Name one: request <workflow>`,

  helpSummary: 'What Countersign can do for you',
  product: 'Countersign',
  purpose: 'Ask here for actions that somebody has to approve.',
  canRequest: 'What you can request',
  noWorkflow: 'No workflow is configured yet.',
  canSay: 'What you can say',
  meaning: ({ meaning }: { meaning: string }) => ` – ${meaning}`,
  requestMeaning: 'choose a workflow and fill in its form',
  statusMeaning: 'see request 17',
  signOutMeaning: 'end your sign-in here',
  helpMeaning: 'see this card',
};
