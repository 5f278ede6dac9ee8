import type { Principal } from '../../domain/people/principal.ts';
import { openStage } from '../../domain/request/request.ts';
import type { Request } from '../../domain/request/request.ts';
import { meetsStepUp } from '../../domain/request/step-up.ts';
import type { StepUp } from '../../domain/request/step-up.ts';
import type { DecideResult } from '../../usecases/ports/app.ts';
import { IdentityError } from '../../usecases/ports/ports.ts';
import type { Answer } from './adapter.ts';
import type { BotDeps } from '../deps.ts';
import { askToSignIn, refused } from './proof.ts';
import type { Unproven } from './proof.ts';

/**
 * What the open stage of a request demands of a sign-in; null: nothing. Where no workflow demands
 * anything the request is not read; one of an older workflow is asked for it after its first try.
 */
export async function demandOn(deps: BotDeps, requestId: string): Promise<StepUp | null> {
  const demanding = deps.workflows
    .list()
    .some(({ stages }) => stages.some((stage) => stage.stepUp !== undefined));
  if (!demanding) return null;
  const request = await deps.app.loadForCard(requestId);
  return (request && demandOf(request)) ?? null;
}

/**
 * After a decision that was refused because the sign-in behind it does not come up to what the
 * stage demands. Teams' single sign-on can neither ask for a context nor for a new sign-in, so a
 * session fetches its claims again, and where that does not do, the link asks for what is demanded.
 * Whoever comes from the link already is told in a sentence: undefined.
 */
export async function afterStepUp(
  deps: BotDeps,
  given: Unproven,
  {
    by,
    request,
    decide,
  }: {
    by: Principal;
    request: Request;
    decide: (by: Principal) => Promise<DecideResult>;
  },
): Promise<DecideResult | Answer | undefined> {
  const demand = demandOf(request);
  const way = by.proof?.way;
  if (demand === undefined || way === 'sign-in') return undefined;
  try {
    // Only where the claims were not fetched for this very click.
    const again =
      way === 'refresh' ? undefined : await deps.sessions?.current(given.sender, { renew: true });
    if (again && meetsStepUp(demand, again.token, deps.clock.now()).ok) return decide(again);
    return deps.signIn ? await askToSignIn(deps, given) : undefined;
  } catch (error) {
    if (!(error instanceof IdentityError)) throw error;
    return refused(deps, given, error);
  }
}

function demandOf(request: Request): StepUp | undefined {
  return request.plan.stages[openStage(request)]?.stepUp;
}
