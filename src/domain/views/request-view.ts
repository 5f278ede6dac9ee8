import { isAsker, mayDecideAny, mayDecideStage } from '../people/authority.ts';
import { samePerson } from '../people/principal.ts';
import type { Principal, PrincipalRef } from '../people/principal.ts';
import type { Decision, PlannedStage, Request, Word } from '../request/request.ts';
import { lastWord, seatsFilled, stageStatus } from '../request/stages.ts';
import type { StageStatus } from '../request/stages.ts';

/** Who looks: an identity with the roles and claims that are known of it. Null: everybody. */
export type Viewer = (PrincipalRef & Pick<Principal, 'roles' | 'claims'>) | null;

/** What one viewer sees of a request and may press. A press is judged anew; this decides nothing. */
export interface RequestView {
  /** How the viewer, by any linked identity, stands behind it; null: not at all. */
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
  readonly decisions: readonly Decision[];
  /** The viewer's last word here; null where there is none, or for everybody's view. */
  readonly mine: Decision | null;
  /** What the viewer may say now. In everybody's view: what those who may decide can say. */
  readonly words: readonly Word[];
}

/** The one place that derives what a viewer sees and may press. */
export function requestView(request: Request, viewer: Viewer, now: number): RequestView {
  const decides = request.state === 'pending' && now < request.expiresAt;
  return {
    own: viewer === null ? null : ownOf(request, viewer),
    mayCancel: viewer !== null && isAsker(request, viewer) && decides,
    stages: request.plan.stages.map((stage) => stageView(request, stage, { viewer, decides })),
  };
}

function ownOf(request: Request, viewer: PrincipalRef): RequestView['own'] {
  if (samePerson(request.requester, viewer)) return 'requester';
  return samePerson(request.beneficiary, viewer) ? 'beneficiary' : null;
}

function stageView(
  request: Request,
  stage: PlannedStage,
  { viewer, decides }: { viewer: Viewer; decides: boolean },
): StageView {
  const derived = stageStatus(request, stage);
  const ended = request.state !== 'pending' && (derived === 'open' || derived === 'waiting');
  const status = ended ? ('closed' as const) : derived;
  const mine = viewer === null ? null : (lastWord(request, stage.id, viewer) ?? null);
  return {
    stage,
    status,
    ...seatsFilled(request, stage),
    decisions: request.decisions.filter((said) => said.stage === stage.id),
    mine,
    words: decides && status === 'open' ? wordsFor(request, stage, { viewer, mine }) : [],
  };
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
