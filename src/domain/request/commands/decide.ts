import { outcomeOf } from '../../outcome.ts';
import { eventAbout } from '../../events/catalogue.ts';
import { mayDecideAny, mayDecideStage } from '../../people/authority.ts';
import { refOf } from '../../people/principal.ts';
import type { Principal } from '../../people/principal.ts';
import type { Decision, Evidence, Origin, PlannedStage, Request, Word } from '../request.ts';
import { lastWord, nextNumber, planStatus, stageById, stageStatus } from '../stages.ts';
import { closed, refused, stepTo, SYNC_CARDS } from '../step.ts';
import type { Transition } from '../step.ts';
import { meetsStepUp } from '../step-up.ts';
import { MAX_REASON_LENGTH } from '../submit.ts';

/** Somebody's word on one stage, as a card or the API of `revision` showed it with `digest`. */
export interface DecideCommand {
  readonly type: 'decide';
  readonly decisionId: string;
  readonly by: Principal;
  readonly word: Word;
  /** Id of the stage. */
  readonly stage: string;
  /** This person's last word on the stage as it was shown to them; null: none, or not shown. */
  readonly after: string | null;
  readonly reason: string | null;
  readonly digest: string;
  readonly revision: number;
  readonly origin: Origin;
}

/**
 * Counts a word on a stage. A word whose `after` is not this person's last word on the stage
 * changes nothing, so that a click that is sent again never counts twice.
 */
export function decide(request: Request, command: DecideCommand, now: number): Transition {
  const { by } = command;
  const last = lastWord(request, command.stage, by);
  if (last && (last.id !== command.after || last.word === command.word)) {
    return { kind: 'uncounted', decision: last };
  }
  const open = checkOpen(request, command, now);
  if ('kind' in open) return open;
  const { stage } = open;
  const any = mayDecideAny(request, by);
  if (!any.ok) return { kind: 'refused', refusal: any.refusal };
  const allowed = mayDecideStage(stage, by);
  if (!allowed.ok) return { kind: 'refused', refusal: allowed.refusal };
  const strong = stage.stepUp ? meetsStepUp(stage.stepUp, by.token, now) : { ok: true as const };
  if (!strong.ok) return { kind: 'refused', refusal: strong.refusal };
  if (!last && command.after !== null) return { kind: 'uncounted', decision: null };
  if (!last && command.word === 'withdraw') {
    return refused('nothing_to_withdraw');
  }
  return addWord(request, command, {
    stage,
    decision: decisionOf(request, command, { ...allowed, at: now }),
  });
}

/** The stage that takes the word, or why it does not. */
function checkOpen(
  request: Request,
  command: DecideCommand,
  now: number,
): { readonly stage: PlannedStage } | Transition {
  if (request.state !== 'pending') return closed(request);
  if (now >= request.expiresAt) {
    return refused('request_expired');
  }
  if (command.digest !== request.digest) {
    return refused('digest_mismatch');
  }
  if (!Number.isInteger(command.revision) || command.revision > request.version) {
    return refused('revision_unknown', { revision: String(command.revision) });
  }
  const stage = stageById(request, command.stage);
  if (!stage) return refused('stage_unknown');
  const status = stageStatus(request, stage);
  if (status === 'waiting') {
    return refused('stage_waiting', { stage: stage.name });
  }
  if (status !== 'open') {
    return refused('stage_closed', { stage: stage.name, status });
  }
  const { reason } = command;
  if (reason !== null && (reason.length > MAX_REASON_LENGTH || !reason.isWellFormed())) {
    return refused('reason_too_long', { max: MAX_REASON_LENGTH });
  }
  return { stage };
}

function decisionOf(
  request: Request,
  { decisionId, by, word, stage, reason, revision, origin }: DecideCommand,
  { role, seats, at }: Pick<Evidence, 'role' | 'seats'> & { at: number },
): Decision {
  const { token, roles, proof } = by;
  const { digest } = request;
  const proven = { token, roles, role, seats, digest, revision, ...origin };
  return {
    id: decisionId,
    requestId: request.id,
    stage,
    nth: nextNumber(request, stage, by),
    word,
    approver: refOf(by),
    reason,
    at,
    evidence: { ...proven, ...(proof ? { proof } : {}) },
  };
}

/** Adds the word and derives what it does to its stage and to the request. */
function addWord(
  request: Request,
  { by }: DecideCommand,
  { stage, decision }: { stage: PlannedStage; decision: Decision },
): Transition {
  const { word, nth, reason, id: decisionId, evidence, at } = decision;
  const data = { word, stage: stage.id, stageName: stage.name, nth, reason, decisionId, evidence };
  const decided = eventAbout(request, { type: 'request.decided', by, data });
  const decisions = [...request.decisions, decision];
  const change = { decisions, decision };
  switch (planStatus({ plan: request.plan, decisions })) {
    case 'denied': {
      const outcome = outcomeOf('denied', { by: by.name }, { at });
      const denied = eventAbout(request, { type: 'request.denied', by, data: { outcome } });
      return stepTo(request, 'denied', at, { ...change, outcome, events: [decided, denied] });
    }
    case 'approved': {
      const { digest } = request;
      const approved = eventAbout(request, { type: 'request.approved', by, data: { digest } });
      return stepTo(request, 'approved', at, {
        ...change,
        events: [decided, approved],
        effects: [SYNC_CARDS, { kind: 'execute' }],
      });
    }
    case 'open':
      return stepTo(request, 'pending', at, { ...change, events: [decided] });
  }
}
