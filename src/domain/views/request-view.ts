import { isAsker, mayDecideAny, mayDecideStage } from '../people/authority.ts';
import { samePerson } from '../people/principal.ts';
import type { Principal, PrincipalRef } from '../people/principal.ts';
import { evidenceAge } from '../request/evidence.ts';
import type { EvidenceAge } from '../request/evidence.ts';
import type { Decision, PlannedStage, Request, Word } from '../request/request.ts';
import { lastWord, seatsFilled, stageStatus, standingWords } from '../request/stages.ts';
import type { StageStatus } from '../request/stages.ts';

/**
 * Who looks: an identity with its last known roles and claims. Null: everybody in the conversation.
 */
export type Viewer = (PrincipalRef & Pick<Principal, 'roles' | 'claims'>) | null;

/**
 * What a viewer sees of a request and may press. It grants nothing: each click is checked again.
 */
export interface RequestView {
  /** Whether it can be decided and cancelled: pending, and not expired. */
  readonly open: boolean;
  /** The viewer's part in the request, by any linked identity; null: none. */
  readonly own: 'requester' | 'beneficiary' | null;
  readonly mayCancel: boolean;
  readonly stages: readonly StageView[];
}

/** One stage as a viewer sees it. */
export interface StageView {
  readonly stage: PlannedStage;
  readonly status: StageStatus | 'closed';
  readonly filled: number;
  readonly of: number;
  readonly decisions: readonly DecisionView[];
  /** The viewer's last word on the stage; null: none, or the view for everybody. */
  readonly mine: Decision | null;
  /** The words that the viewer may say now; in the view for everybody, those of an approver. */
  readonly words: readonly Word[];
}

/** A decision, and whether it still counts. */
export interface DecisionView {
  readonly decision: Decision;
  /** Whether it is the person's last word on the stage, and no withdrawal. */
  readonly stands: boolean;
  readonly age: EvidenceAge;
}

/** The one place that derives what a viewer sees and may press. */
export function requestView(request: Request, viewer: Viewer, now: number): RequestView {
  const open = request.state === 'pending' && now < request.expiresAt;
  return {
    open,
    own: viewer === null ? null : ownOf(request, viewer),
    mayCancel: viewer !== null && isAsker(request, viewer) && open,
    stages: request.plan.stages.map((stage) => stageView(request, stage, { viewer, open })),
  };
}

function ownOf(request: Request, viewer: PrincipalRef): RequestView['own'] {
  if (samePerson(request.requester, viewer)) return 'requester';
  return samePerson(request.beneficiary, viewer) ? 'beneficiary' : null;
}

function stageView(
  request: Request,
  stage: PlannedStage,
  { viewer, open }: { viewer: Viewer; open: boolean },
): StageView {
  const derived = stageStatus(request, stage);
  const ended = request.state !== 'pending' && (derived === 'open' || derived === 'waiting');
  const status = ended ? ('closed' as const) : derived;
  const mine = viewer === null ? null : (lastWord(request, stage.id, viewer) ?? null);
  const standing = standingWords(request, stage.id);
  return {
    stage,
    status,
    ...seatsFilled(request, stage),
    decisions: request.decisions
      .filter((said) => said.stage === stage.id)
      .map((decision) => decisionView(request, decision, standing)),
    mine,
    words: open && status === 'open' ? wordsFor(request, stage, { viewer, mine }) : [],
  };
}

/** The view of one decision. */
export function decisionView(
  request: Pick<Request, 'decisions' | 'recheck'>,
  decision: Decision,
  standing = standingWords(request, decision.stage),
): DecisionView {
  const stands = standing.some(({ id }) => id === decision.id);
  return { decision, stands, age: evidenceAge(request, decision) };
}

function wordsFor(
  request: Request,
  stage: PlannedStage,
  { viewer, mine }: { viewer: Viewer; mine: Decision | null },
): readonly Word[] {
  if (viewer === null) return ['approve', 'deny'];
  if (!mayDecideAny(request, viewer).ok || !mayDecideStage(stage, viewer).ok) return [];
  switch (mine?.word) {
    case 'approve':
      return ['deny', 'withdraw'];
    case 'deny':
      return ['approve', 'withdraw'];
    default:
      return ['approve', 'deny'];
  }
}
