import type { Decision, PlannedStage } from './request.ts';

/** Where a stage stands. One deny settles it, whatever the quorum. */
export type StageStanding = 'open' | 'approved' | 'denied';

/** Counts the distinct people who decided a stage: deny wins, then the quorum. */
export function standing(
  stage: PlannedStage,
  index: number,
  decisions: readonly Decision[],
): StageStanding {
  const here = decisions.filter((decision) => decision.stage === index);
  if (here.some((decision) => decision.decision === 'deny')) return 'denied';
  const approvers = new Set(here.map((decision) => decision.approver.key));
  return approvers.size >= stage.quorum ? 'approved' : 'open';
}
