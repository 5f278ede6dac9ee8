import type { PrincipalRef } from '../domain/principal.ts';
import type { Outcome, Recheck, Rechecked, Request } from '../domain/request.ts';
import { describeError } from '../lib/logger.ts';
import type { JobDeps } from './deps.ts';
import { nobodyCanTell } from './ports.ts';

/** People asked about at the same time. */
const AT_ONCE = 10;

/** What the look at the deciding people's roles came to. */
export interface RecheckResult {
  readonly recheck: Recheck;
  /** Why it must not run; null: everybody still has the role. */
  readonly outcome: Outcome | null;
  /** Whether asking again may tell more. */
  readonly passing: boolean;
}

/**
 * Asks whether everybody who approved still has a role of the stage that they approved. One lost
 * role stops the execution, and so does one that nobody can tell of: the workflow asked for
 * evidence of this moment, and there is none.
 */
export async function recheckRoles(deps: JobDeps, request: Request): Promise<RecheckResult> {
  const approvals = request.decisions.filter(({ decision }) => decision === 'approve');
  const people = new Map(approvals.map(({ approver }) => [approver.key, approver]));
  const now = await rolesOfAll(deps, [...people.values()]);
  const found = approvals.map(({ id, approver, stage, evidence }): Rechecked => {
    const roles = now.get(approver.key);
    const enough = request.plan.stages[stage]?.roles ?? [evidence.role];
    return {
      decisionId: id, key: approver.key, role: evidence.role,
      found: roles === undefined || roles === 'fault' ? 'unknown'
        : enough.some((role) => roles.includes(role)) ? 'held' : 'lost',
    };
  });
  const at = deps.clock.now();
  const nameOf = ({ key }: Rechecked) => people.get(key)?.name ?? key;
  const lost = found.find((one) => one.found === 'lost');
  const unknown = found.find((one) => one.found === 'unknown');
  return {
    recheck: { at, people: found },
    passing: lost === undefined && [...now.values()].includes('fault'),
    outcome: lost ? {
      code: 'roles_withdrawn', reference: null, at,
      message: `${nameOf(lost)} approved it as ${lost.role} and no longer has that role. ` +
        'Ask for it again.',
    } : unknown ? {
      code: 'roles_unconfirmed', reference: null, at,
      message: `Whether ${nameOf(unknown)} still has the role ${unknown.role} could not be ` +
        'found out, and this workflow does not run without. Ask for it again.',
    } : null,
  };
}

type Found = readonly string[] | undefined | 'fault';

async function rolesOfAll(
  deps: JobDeps, people: readonly PrincipalRef[],
): Promise<ReadonlyMap<string, Found>> {
  const refresher = deps.refresher ?? nobodyCanTell;
  const found = new Map<string, Found>();
  for (let from = 0; from < people.length; from += AT_ONCE) {
    await Promise.all(people.slice(from, from + AT_ONCE).map(async (person) => {
      try {
        found.set(person.key, await refresher.rolesNow(person));
      } catch (error) {
        deps.log.warn('a role could not be looked up', { error: describeError(error) });
        found.set(person.key, 'fault');
      }
    }));
  }
  return found;
}
