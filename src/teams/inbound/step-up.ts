import type { Principal } from '../../domain/people/principal.ts';
import { meetsStepUp } from '../../domain/request/step-up.ts';
import type { StepUp } from '../../domain/request/step-up.ts';
import { stageById } from '../../domain/request/stages.ts';
import type { DecideResult } from '../../usecases/ports/app.ts';
import { IdentityError } from '../../usecases/ports/identity-error.ts';
import type { Answer } from './adapter.ts';
import type { BotDeps } from '../deps.ts';
import { askToSignIn, refused } from './proof.ts';
import type { Unproven } from './proof.ts';

/**
 * What a stage of a request demands of a sign-in; null: nothing. Where no workflow demands anything,
 * the request is not read; a request of an older workflow is asked for it after its first attempt.
 */
export async function demandOn(
  deps: BotDeps,
  requestId: string,
  stage: string,
): Promise<StepUp | null> {
  const demanding = deps.workflows
    .list()
    .some(({ stages }) => stages.some((stage) => stage.stepUp !== undefined));
  if (!demanding) return null;
  const request = await deps.app.loadForCard(requestId);
  return (request && stageById(request, stage)?.stepUp) ?? null;
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
    demand,
    decide,
  }: {
    by: Principal;
    demand: StepUp | undefined;
    decide: (by: Principal) => Promise<DecideResult>;
  },
): Promise<DecideResult | Answer | undefined> {
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
