import { samePerson } from '../people/principal.ts';
import type { PrincipalRef } from '../people/principal.ts';
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
  return distinctPeople(here.map(({ approver }) => approver)) >= stage.quorum ? 'approved' : 'open';
}

/** How many people stand behind these identities. */
export function distinctPeople(identities: readonly PrincipalRef[]): number {
  return identities.filter(
    (one, at) => !identities.slice(0, at).some((other) => samePerson(one, other)),
  ).length;
}
