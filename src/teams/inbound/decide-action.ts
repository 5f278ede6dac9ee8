import type { Principal } from '../../domain/people/principal.ts';
import type { Refusal } from '../../domain/refusal.ts';
import type { Request, Word } from '../../domain/request/request.ts';
import { stageById } from '../../domain/request/stages.ts';
import type { ClickedCard, DecideResult } from '../../usecases/ports/app.ts';
import type { TeamsSender } from '../../usecases/ports/teams-sender.ts';
import { clickedCard } from './activity.ts';
import type { TeamsActivity } from './activity.ts';
import type { Answer } from './adapter.ts';
import { notYours, refusalAnswer } from './answers.ts';
import type { BotDeps } from '../deps.ts';
import { prove } from './proof.ts';
import { requestAnswer } from './request-view.ts';
import type { ShownRequest, ShownStage } from './request-view.ts';
import { afterStepUp, demandOn } from './step-up.ts';

/** An action on the card of a request: a person pressed one of its buttons. */
export interface CardAction {
  readonly activity: TeamsActivity;
  readonly sender: TeamsSender;
  readonly shown: ShownRequest;
}

/** Refusals that mean: this card is not how things stand. */
const OUT_OF_DATE: readonly Refusal['code'][] = [
  'request_closed',
  'request_expired',
  'stage_closed',
  'stage_waiting',
  'digest_mismatch',
];

/** Approve, deny or withdraw: the word of the person that the brought token proves. */
export async function onDecide(
  deps: BotDeps,
  action: CardAction,
  said: ShownStage & { word: Word; reason: string | null },
): Promise<Answer> {
  const { activity, sender, shown } = action;
  const subject = { requestId: shown.id, revision: shown.revision };
  const unproven = { sender, subject, stepUp: () => demandOn(deps, shown.id, said.stage) };
  const proof = await prove(deps, activity, unproven);
  if (proof.kind === 'answer') return (await earlier(deps, action)) ?? proof.answer;
  const { exchangeId } = proof;
  const decide = (by: Principal) => decideBy(deps, action, { ...said, by, exchangeId });
  const result = await decide(proof.by);
  const weak = result.kind === 'refused' && result.refusal.code === 'step_up_required';
  if (!weak || !result.request) return decideAnswer(deps, action, { by: proof.by, result });
  const { request } = result;
  const after = await afterStepUp(deps, unproven, {
    by: proof.by,
    demand: stageById(request, said.stage)?.stepUp,
    decide,
  });
  if (after && !('kind' in after)) return after;
  return decideAnswer(deps, action, { by: proof.by, result: after ?? result });
}

function decideBy(
  deps: BotDeps,
  { activity, sender, shown }: CardAction,
  said: ShownStage & {
    word: Word;
    reason: string | null;
    by: Principal;
    exchangeId: string | null;
  },
): Promise<DecideResult> {
  return deps.app.decideRequest({
    id: shown.id,
    by: said.by,
    word: said.word,
    stage: said.stage,
    after: said.after,
    reason: said.reason,
    digest: shown.digest,
    revision: shown.revision,
    origin: {
      via: 'teams',
      tenant: sender.tenantId,
      objectId: sender.objectId,
      activityId: activity.id,
      conversationId: activity.conversation.id,
      exchangeId: said.exchangeId,
    },
    teams: { sender, card: pressedCard(deps, activity) },
  });
}

async function decideAnswer(
  deps: BotDeps,
  { shown }: CardAction,
  { by, result }: { by: Principal; result: DecideResult },
): Promise<Answer> {
  const view = (request: Request) => requestAnswer(deps, request, by);
  if (result.kind !== 'refused') return view(result.request);
  const { request, refusal } = result;
  const mayShow = request && (request.digest === shown.digest || deps.app.mayRead(request, by));
  if (!mayShow) return notYours(deps.text);
  if (OUT_OF_DATE.includes(refusal.code)) return view(request);
  return refusalAnswer(deps.text, refusal);
}

/** Cancel: by the person who asked. */
export async function onCancel(deps: BotDeps, action: CardAction): Promise<Answer> {
  const { activity, sender, shown } = action;
  const subject = { requestId: shown.id, revision: shown.revision };
  const proof = await prove(deps, activity, { sender, subject });
  if (proof.kind === 'answer') return proof.answer;
  const result = await deps.app.cancelRequest({ id: shown.id, by: proof.by });
  if (result.kind === 'refused') return refusalAnswer(deps.text, result.refusal);
  return requestAnswer(deps, result.request, proof.by);
}

function pressedCard(deps: BotDeps, activity: TeamsActivity): ClickedCard | null {
  const card = clickedCard(activity);
  if (card === null) return null;
  const named = Object.entries(deps.channels)
    .filter(([, { channelId }]) => channelId === activity.channelId)
    .map(([name]) => name);
  return { ...card, channels: activity.conversation.personal ? null : named };
}

// Teams sends an invoke again after a time-out, with a code that the first one used up. Where the
// first one decided, the second is told what it did.
async function earlier(deps: BotDeps, action: CardAction): Promise<Answer | undefined> {
  const { activity, sender, shown } = action;
  if (activity.value.state === undefined) return undefined;
  const request: Request | undefined = await deps.app.loadForCard(shown.id);
  const decision = request?.decisions.find(
    ({ evidence }) =>
      evidence.activityId === activity.id &&
      evidence.objectId === sender.objectId &&
      evidence.tenant === sender.tenantId,
  );
  if (!request || !decision) return undefined;
  return requestAnswer(deps, request, { ...decision.approver, roles: [], claims: {} });
}
