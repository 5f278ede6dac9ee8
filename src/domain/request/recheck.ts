import { mayDecideStage } from '../people/authority.ts';
import type { ClaimValue } from '../people/principal.ts';
import { outcomeOf } from '../outcome.ts';
import type { Outcome } from '../outcome.ts';
import type { Decision, PlannedStage, Recheck, Rechecked, Request } from './request.ts';
import { filledSeats, groupsOf, seatsOf } from './seats.ts';
import { stageById, standingWords } from './stages.ts';

const MAX_SHOWN = 100;

/** What somebody has now, other than by a token that they brought. */
export interface HeldNow {
  readonly roles: readonly string[];
  /** Null: they certainly have no such claim. Left out: it cannot be determined. */
  readonly claims: Readonly<Record<string, ClaimValue | null>>;
}

/** The standing approvals of all stages: those that the execution rests on. */
export function approvalsOf(request: Pick<Request, 'plan' | 'decisions'>): readonly Decision[] {
  return request.plan.stages.flatMap(({ id }) =>
    standingWords(request, id).filter(({ word }) => word === 'approve'),
  );
}

/**
 * Holds an approval against what its person has now, by the rules of the stage as planned.
 * `now` undefined: it cannot be determined.
 */
export function revalidateApproval(
  request: Pick<Request, 'plan'>,
  approval: Decision,
  now: HeldNow | undefined,
): Rechecked {
  const { id, approver, evidence } = approval;
  const about = { decisionId: id, key: approver.key, role: evidence.role, seats: [] };
  const stage = stageById(request, approval.stage);
  if (stage === undefined || now === undefined) return { ...about, found: 'unknown' };
  const known = Object.entries(now.claims).filter(
    (entry): entry is [string, ClaimValue] => entry[1] !== null,
  );
  const ruled = mayDecideStage(stage, { roles: now.roles, claims: Object.fromEntries(known) });
  if (ruled.ok) return { ...about, found: 'held', seats: ruled.seats };
  const claim = ruled.refusal.code === 'role_missing' ? undefined : claimOf(stage, now);
  if (claim === undefined) return { ...about, found: 'lost' };
  return { ...about, found: Object.hasOwn(now.claims, claim) ? 'lost' : 'unknown', claim };
}

/** The claim that keeps a person with a fitting role from a seat. */
function claimOf(stage: PlannedStage, { roles }: HeldNow): string | undefined {
  return seatsOf(stage).find((seat) => seat.roles.some((role) => roles.includes(role)))?.where
    ?.claim;
}

/**
 * Why a request must not run after a recheck; null where the seats of every stage can still be
 * filled with the roles held now.
 */
export function recheckOutcome(request: Request, recheck: Recheck): Outcome | null {
  const bad = request.plan.stages.flatMap((stage) => unfilled(stage, request, recheck));
  const first =
    bad.find(({ found }) => found === 'lost') ??
    bad.find(({ found }) => found === 'unknown') ??
    bad.find((result) => !holdsSeat(request, result)) ??
    bad[0];
  return first === undefined ? null : withdrawn(request, first, recheck.at);
}

/** Whether the person may still fill a seat that the approval could fill. */
function holdsSeat({ decisions }: Request, { decisionId, seats }: Rechecked): boolean {
  const approval = decisions.find(({ id }) => id === decisionId);
  return approval?.evidence.seats.some((seat) => seats.includes(seat)) ?? false;
}

/** What was found of a stage whose seats cannot be filled any more; nothing where they can. */
function unfilled(stage: PlannedStage, request: Request, { people }: Recheck) {
  const ids = standingWords(request, stage.id).map(({ id }) => id);
  const results = people.filter(({ decisionId }) => ids.includes(decisionId));
  const candidates = results.map(({ seats }) => seats);
  const filled = groupsOf(stage).some((seats) => filledSeats(seats, candidates) === seats.length);
  return filled ? [] : results;
}

function withdrawn(request: Request, bad: Rechecked, at: number): Outcome {
  const decision = request.decisions.find(({ id }) => id === bad.decisionId);
  const { claim = null, role } = bad;
  const stage = decision && stageById(request, decision.stage);
  const wanted = stage && seatsOf(stage).find(({ where }) => where?.claim === claim)?.where?.value;
  const value = String(wanted).slice(0, MAX_SHOWN);
  const about = {
    person: decision?.approver.name ?? bad.key,
    personKey: bad.key,
    // While it is being applied, an earlier attempt may have reached the target.
    sent: request.state === 'applying',
  };
  if (bad.found === 'unknown') {
    return outcomeOf('roles_unconfirmed', { ...about, role, claim, value }, { at });
  }
  return claim === null
    ? outcomeOf('roles_withdrawn', { ...about, role }, { at })
    : outcomeOf('claim_changed', { ...about, claim, value }, { at });
}
