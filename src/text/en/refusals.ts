import type { FieldProblem, RefusalParams, StepUpLack } from '../../domain/refusal.ts';
import type { Sentences } from '../sentences.ts';
import { format } from './format.ts';
import { states } from './states.ts';

const { or, and, list, number, duration } = format;

const either = (roles: readonly string[]) =>
  roles.length > 0 ? or(roles) : 'that nobody has (none is configured)';
const held = (roles: readonly string[]) => (roles.length > 0 ? list(roles) : 'no role');

const rateLimits: Readonly<Record<RefusalParams['rate_limited']['limit'], string>> = {
  submissions: 'Too many requests are made',
  lists: 'Too many lists are read',
  waits: 'Too many calls wait',
};
const limitsOf: Readonly<Record<RefusalParams['rate_limited']['of'], string>> = {
  principal: 'in your name',
  issuer: 'by identities of your provider',
  request: 'for this request',
};
const wholeSeconds = (ms: number) => Math.max(1, Math.ceil(ms / 1_000)) * 1_000;

/** What a command is refused with, by code. */
export const refusals = {
  workflow_unknown: ({ workflow }) => `There is no workflow "${workflow}".`,
  requester_not_allowed: ({ workflow, workload, roles, held: own }) =>
    workload === null
      ? `Requesting ${workflow} needs the role ${either(roles)}; your token carries ${held(own)}.`
      : `The workload ${workload} may not request ${workflow}: no rule under request.workloads ` +
        "matches its token's issuer and claims.",
  agent_not_allowed: ({ workflow }) =>
    `${workflow} takes no requests of agents: a person has to ask, or the workflow's owner sets ` +
    'request.agents.',
  rerun_unproven: ({ workflow }) =>
    `${workflow} takes no requests of a run that was started again, because its token does not ` +
    "prove by whom. Start a new run, or the workflow's owner sets request.reruns.",
  field_unknown: ({ workflow, field, fields }) =>
    `${workflow} has no field "${field}". Its fields: ${list(fields) || 'none'}.`,
  field_missing: ({ label }) => `${label} is required.`,
  field_invalid: ({ label, ...problem }) => `${label} ${fieldProblem(problem)}.`,
  request_too_large: ({ maxBytes }) => `All fields together may hold ${number(maxBytes)} bytes.`,
  reason_too_long: ({ max }) => `The reason may hold ${number(max)} characters of text.`,
  claim_unavailable: ({ stage, claim }) =>
    `"${stage}" compares with your ${claim}, which your token does not carry. ` +
    'Ask an administrator to add the claim.',
  no_stage_applies: ({ workflow }) => `No stage of ${workflow} applies to these fields.`,
  rate_limited: ({ limit, of, retryAfterMs }) =>
    `${rateLimits[limit]} ${limitsOf[of]}: try again in ${duration(wholeSeconds(retryAfterMs))}.`,
  request_not_found: () => 'There is no such request, or it is not one that you may read.',
  request_closed: ({ number: no, state }) =>
    `Request ${no} is no longer open: ${states[state].word}.`,
  request_expired: () => 'The time to decide has run out. Ask for it again.',
  stage_unknown: () => 'There is no such stage. Open the card again.',
  stage_waiting: ({ stage }) => `"${stage}" is not open yet. Look at the current card.`,
  stage_closed: ({ stage, status }) =>
    `"${stage}" is ${status === 'approved' ? 'approved' : 'denied'}. Look at the current card.`,
  revision_unknown: ({ revision }) => `There is no revision ${revision} yet.`,
  digest_mismatch: () => 'What was shown is not what is stored. Open the card again.',
  own_request: ({ linked }) =>
    `You asked for this${linked ? ', through a pipeline or another account of yours' : ''}, ` +
    'so somebody else must decide it.',
  approver_not_person: () => "Only people decide; a workload's token cannot approve.",
  approver_is_agent: () =>
    'Only people decide: the token shows an agent, or software that acts for a person.',
  role_missing: ({ stage, roles, held: own }) =>
    `"${stage}" is decided by the role ${either(roles)}; your token carries ${held(own)}.`,
  claim_mismatch: ({ stage, claim, wanted, own }) =>
    `"${stage}" is decided by people whose ${claim} is ${wanted}; ` +
    `yours is ${own ?? 'not in your token'}.`,
  step_up_required: (lack) =>
    `This stage is decided under a sign-in ${stepUpLack(lack)}. Sign in again as it asks.`,
  nothing_to_withdraw: () => 'You have said nothing on this stage yet.',
  not_requester: () => 'Only the person who asked can cancel a request.',
  too_late_to_cancel: ({ state }) => `It can no longer be cancelled: ${states[state].word}.`,
  idempotency_mismatch: () =>
    'This Idempotency-Key was used for a request with other content. Take a new key.',
  not_auditor: () => 'Only an auditor may read this.',
  not_administrator: () => 'Only an administrator of the service may do this.',
  job_not_found: () => 'There is no such job: it has ended, or was dropped.',
  job_not_failed: ({ job, running }) =>
    running
      ? `The job ${job} runs right now. Look again in a minute.`
      : `The job ${job} has not failed: it runs when it is due.`,
  job_not_dead: ({ job }) =>
    `The job ${job} was not given up: it is still tried. Only a dead job can be dropped.`,
  own_erasure: () => 'Another administrator has to erase you: the log keeps who did it.',
  person_in_use: ({ numbers }) =>
    `The person is part of requests that have not ended: ${list(numbers)}. End those first.`,
  token_replayed: ({ proof }) =>
    proof === 'token'
      ? 'This token was used already: it makes or decides one request. Take a new token, or ' +
        'send the Idempotency-Key of the first try again.'
      : 'This sign-in was used for something else already. Press the button again.',
} satisfies Sentences<RefusalParams>;

function fieldProblem(problem: FieldProblem): string {
  switch (problem.rule) {
    case 'boolean':
      return 'must be true or false';
    case 'text':
      return 'must be text';
    case 'one_line':
      return 'must be one line';
    case 'number':
      return 'must be a number';
    case 'duration':
      return 'must be a duration such as 90s, 15m, 8h or 2d';
    case 'length':
      return `has ${number(problem.length)} characters; at most ${number(problem.max)}`;
    case 'choices':
      return `must be one of ${list(problem.choices)}`;
    case 'pattern':
      return `"${problem.value}" does not match ${problem.pattern}`;
    case 'min':
    case 'max': {
      const limit = problem.duration ? duration(problem.limit) : number(problem.limit);
      return `must be at ${problem.rule === 'min' ? 'least' : 'most'} ${limit}`;
    }
  }
}

function stepUpLack(lack: StepUpLack): string {
  if (lack.lacks === 'age') {
    const { maxAgeMs, ageMs } = lack;
    const wanted = `not older than ${duration(maxAgeMs)}`;
    if (ageMs === null) return `${wanted}; yours is of an unknown time`;
    if (ageMs < 0) return `${wanted}; yours is of a time still to come`;
    return `${wanted}; yours is ${duration(ageMs)} old`;
  }
  const { wanted, found } = lack;
  const what = lack.lacks === 'acr' ? `the authentication context ${or(wanted)}` : and(wanted);
  return `with ${what}; yours is ${list(found) || 'none'}`;
}
