import type { Principal } from '../domain/people/principal.ts';
import type { Refusal } from '../domain/refusal.ts';
import type { Word } from '../domain/request/request.ts';
import { stageById } from '../domain/request/stages.ts';
import type { StepUp } from '../domain/request/step-up.ts';
import type { DecideResult } from '../usecases/ports/app.ts';
import type { InteractionDeps, RequestAction } from './card-action.ts';
import type { ShownStage } from './card-data.ts';
import type { Reply } from './reply.ts';

/** Refusals that mean: the card does not show the present state. */
const OUT_OF_DATE: readonly Refusal['code'][] = [
  'request_closed',
  'request_expired',
  'stage_closed',
  'stage_waiting',
  'digest_mismatch',
];

/**
 * Approve, deny or withdraw: the word of the person that is proven. Where the sign-in behind the
 * proof does not meet the stage's demand, one stronger proof is tried.
 */
export async function decideRequest<Ask>(
  deps: InteractionDeps,
  action: RequestAction<Ask>,
  said: ShownStage & { word: Word; reason: string | null },
): Promise<Reply<Ask>> {
  const { shown, prover, origin, teams } = action;
  const unproven = {
    subject: { requestId: shown.id, revision: shown.revision },
    stepUp: () => demandOn(deps, shown.id, said.stage),
  };
  const proof = await prover.prove(unproven);
  if (proof.kind === 'unproven') return proof;
  const decide = (by: Principal) =>
    deps.app.decideRequest({
      ...said,
      id: shown.id,
      by,
      digest: shown.digest,
      revision: shown.revision,
      origin: { ...origin, exchangeId: proof.exchangeId },
      teams,
    });
  const result = await decide(proof.by);
  const demand = unmetDemand(result, said.stage);
  const stronger = demand && (await prover.strengthen(unproven, { proof, demand }));
  if (stronger?.kind === 'unproven') return stronger;
  const decided = stronger ? await decide(stronger.by) : result;
  return replyTo(proof.by, decided);
}

function replyTo(viewer: Principal, result: DecideResult): Reply<never> {
  if (result.kind !== 'refused') return { kind: 'request', request: result.request, viewer };
  const { request, refusal } = result;
  if (request && OUT_OF_DATE.includes(refusal.code)) return { kind: 'request', request, viewer };
  return { kind: 'refused', refusal };
}

function unmetDemand(result: DecideResult, stage: string): StepUp | undefined {
  if (result.kind !== 'refused' || result.refusal.code !== 'step_up_required') return undefined;
  return result.request && stageById(result.request, stage)?.stepUp;
}

/**
 * What a stage demands of a sign-in; null: nothing. Where no configured workflow has a demand, the
 * request is not read. The demand of a request of an older workflow is met after its first attempt.
 */
async function demandOn(
  { app, workflows }: InteractionDeps,
  requestId: string,
  stage: string,
): Promise<StepUp | null> {
  const demanding = workflows
    .list()
    .some(({ stages }) => stages.some(({ stepUp }) => stepUp !== undefined));
  if (!demanding) return null;
  const request = await app.loadForCard(requestId);
  return (request && stageById(request, stage)?.stepUp) ?? null;
}
