import { samePerson } from '../people/principal.ts';
import type { PrincipalRef } from '../people/principal.ts';
import type { Decision, PlannedStage, Request } from './request.ts';
import { filledSeats, groupsOf } from './seats.ts';

/** Where a stage stands. `waiting`: a stage before it is not approved yet. */
export type StageStatus = 'waiting' | 'open' | 'approved' | 'denied';

type Deciding = Pick<Request, 'plan' | 'decisions'>;

/** The stage of this id, or undefined. */
export function stageById({ plan }: Pick<Request, 'plan'>, id: string): PlannedStage | undefined {
  return plan.stages.find((stage) => stage.id === id);
}

/** The last word of this person on a stage, whichever of their linked identities said it. */
export function lastWord(
  { decisions }: Pick<Request, 'decisions'>,
  stage: string,
  person: PrincipalRef,
): Decision | undefined {
  return decisions.findLast((said) => said.stage === stage && samePerson(said.approver, person));
}

/**
 * The number of a person's next word on a stage. Above all of theirs: accounts that were linked only
 * after both had said something have the same numbers.
 */
export function nextNumber(
  { decisions }: Pick<Request, 'decisions'>,
  stage: string,
  person: PrincipalRef,
): number {
  const theirs = decisions.filter(
    (said) => said.stage === stage && samePerson(said.approver, person),
  );
  return 1 + Math.max(0, ...theirs.map(({ nth }) => nth));
}

/**
 * The words that count on a stage: the last one of each person, without those withdrawn, in the
 * order in which they were said. Linked identities are one person.
 */
export function standingWords(
  { decisions }: Pick<Request, 'decisions'>,
  stage: string,
): readonly Decision[] {
  const here = decisions.filter((said) => said.stage === stage);
  return here.filter(
    (said, at) =>
      said.word !== 'withdraw' &&
      !here.slice(at + 1).some(({ approver }) => samePerson(approver, said.approver)),
  );
}

/** How many seats the standing approvals fill, of how many, in the group that is nearest to full. */
export function seatsFilled(
  request: Pick<Request, 'decisions'>,
  stage: PlannedStage,
): { readonly filled: number; readonly of: number } {
  const candidates = standingWords(request, stage.id)
    .filter(({ word }) => word === 'approve')
    .map(({ evidence }) => evidence.seats);
  const groups = groupsOf(stage).map((seats) => ({
    filled: filledSeats(seats, candidates),
    of: seats.length,
  }));
  return groups.reduce((best, next) =>
    next.of - next.filled < best.of - best.filled ? next : best,
  );
}

/** Where a stage stands; derived from the words said on it and on the stages before it. */
export function stageStatus(request: Deciding, stage: PlannedStage): StageStatus {
  const denials = standingWords(request, stage.id).filter(({ word }) => word === 'deny');
  if (denials.length >= stage.denyQuorum) return 'denied';
  const { filled, of } = seatsFilled(request, stage);
  if (filled === of) return 'approved';
  const ready = stage.after.every((id) => {
    const before = stageById(request, id);
    return before === undefined || stageStatus(request, before) === 'approved';
  });
  return ready ? 'open' : 'waiting';
}

/** The stages that take words now; none where the request is not pending. */
export function openStages(request: Deciding & Pick<Request, 'state'>): readonly PlannedStage[] {
  if (request.state !== 'pending') return [];
  return request.plan.stages.filter((stage) => stageStatus(request, stage) === 'open');
}

/** Where a whole plan stands: one denied stage denies it, all approved stages approve it. */
export function planStatus(request: Deciding): 'open' | 'approved' | 'denied' {
  const statuses = request.plan.stages.map((stage) => stageStatus(request, stage));
  if (statuses.includes('denied')) return 'denied';
  return statuses.every((status) => status === 'approved') ? 'approved' : 'open';
}
