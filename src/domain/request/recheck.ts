import { mayDecideStage } from '../people/authority.ts';
import type { ClaimValue } from '../people/principal.ts';
import type { Decision, Outcome, Recheck, Rechecked, Request } from './request.ts';

const MAX_SHOWN = 100;

/** What somebody has now, other than by a token that they brought. */
export interface HeldNow {
  readonly roles: readonly string[];
  /** Null: they certainly have no such claim. Left out: nobody can tell. */
  readonly claims: Readonly<Record<string, ClaimValue | null>>;
}

/** The approvals that have to stand when the request runs. */
export function approvalsOf({ decisions }: Pick<Request, 'decisions'>): readonly Decision[] {
  return decisions.filter(({ decision }) => decision === 'approve');
}

/**
 * Holds an approval against what its person has now, by the rules of the stage as at the decision:
 * a role of the stage, and the claim that it wants. `now` undefined: nobody can tell.
 */
export function recheckApproval(
  { plan }: Pick<Request, 'plan'>,
  approval: Decision,
  now: HeldNow | undefined,
): Rechecked {
  const { id, approver, evidence, stage: index } = approval;
  const about = { decisionId: id, key: approver.key, role: evidence.role };
  const stage = plan.stages[index];
  if (stage === undefined || now === undefined) return { ...about, found: 'unknown' };
  const known = Object.entries(now.claims).filter(
    (entry): entry is [string, ClaimValue] => entry[1] !== null,
  );
  const ruled = mayDecideStage(stage, { roles: now.roles, claims: Object.fromEntries(known) });
  if (ruled.ok) return { ...about, found: 'held' };
  if (stage.where === null || ruled.refusal.code === 'role_missing') {
    return { ...about, found: 'lost' };
  }
  const { claim } = stage.where;
  return { ...about, found: Object.hasOwn(now.claims, claim) ? 'lost' : 'unknown', claim };
}

/** Why a request must not run after a look; null: every approval stands. */
export function outcomeOf(request: Request, { at, people }: Recheck): Outcome | null {
  const bad =
    people.find(({ found }) => found === 'lost') ?? people.find(({ found }) => found === 'unknown');
  if (bad === undefined) return null;
  const decision = request.decisions.find(({ id }) => id === bad.decisionId);
  const name = decision?.approver.name ?? bad.key;
  const { claim } = bad;
  const wanted = decision && request.plan.stages[decision.stage]?.where?.value;
  const value = String(wanted).slice(0, MAX_SHOWN);
  const held = claim === undefined ? `the role ${bad.role}` : `the ${claim} ${value}`;
  // Being applied already, it was sent before, and nobody knows how far that went.
  const advice =
    request.state === 'applying'
      ? 'An earlier try may have reached the target: look there.'
      : 'Ask for it again.';
  const said = (code: string, message: string): Outcome => ({
    code,
    message: `${message} ${advice}`,
    reference: null,
    at,
  });
  if (bad.found === 'unknown') {
    return said(
      'roles_unconfirmed',
      `Whether ${name} still has ${held} could not be found out, ` +
        'and this workflow does not run without.',
    );
  }
  return claim === undefined
    ? said('roles_withdrawn', `${name} approved it as ${bad.role} and no longer has that role.`)
    : said('claim_changed', `${name} approved it with ${held} and no longer has that.`);
}
