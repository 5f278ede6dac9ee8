import { claimWithValue } from '../people/claim-value.ts';
import type { Principal } from '../people/principal.ts';
import { refuse } from '../refusal.ts';
import type { Ruling } from '../refusal.ts';
import type { PlannedStage, Seat } from '../request/request.ts';
import type { FieldCondition, FieldValue, StageSpec, Workflow } from './workflow.ts';

type Values = Readonly<Record<string, FieldValue>>;

/**
 * The stages that apply to these fields, with the requester's claims filled in. Stages follow one
 * another in the order of the file; a stage that is left out takes its place in that order with it.
 */
export function planStages(
  workflow: Workflow,
  requester: Principal,
  fields: Values,
): Ruling<{ stages: readonly PlannedStage[] }> {
  const stages: PlannedStage[] = [];
  for (const spec of workflow.stages) {
    if (spec.when !== null && !holds(spec.when, fields)) continue;
    const where = resolveWhere(spec, requester);
    if (where === undefined) {
      return refuse('claim_unavailable', { stage: spec.name, claim: spec.where?.claim ?? '' });
    }
    const before = stages.at(-1);
    stages.push({
      id: spec.id,
      name: spec.name,
      after: before === undefined ? [] : [before.id],
      seats: Array.from({ length: spec.quorum }, () => ({ roles: spec.roles, where })),
      denyQuorum: 1,
      ...(spec.stepUp ? { stepUp: spec.stepUp } : {}),
    });
  }
  if (stages.length === 0) {
    return refuse('no_stage_applies', { workflow: workflow.id });
  }
  return { ok: true, stages };
}

/** The condition with its value; null where there is none, undefined where the claim is missing. */
function resolveWhere(spec: StageSpec, requester: Principal): Seat['where'] | undefined {
  if (spec.where === null) return null;
  const { claim, equals } = spec.where;
  if ('value' in equals) return { claim, value: equals.value };
  const own = claimWithValue(requester.claims, equals.requesterClaim);
  return own === undefined ? undefined : { claim, value: own };
}

/** Whether a condition on a field holds; a field without a value satisfies none. */
export function holds(condition: FieldCondition, fields: Values): boolean {
  const value = Object.hasOwn(fields, condition.field) ? fields[condition.field] : undefined;
  if (value === undefined) return false;
  if (condition.in !== null && !condition.in.includes(value)) return false;
  return condition.over === null || (typeof value === 'number' && value > condition.over);
}
