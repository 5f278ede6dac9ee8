import type { ClickedCard } from '../../usecases/ports/app.ts';
import type { TeamsSender } from '../../usecases/ports/teams-sender.ts';
import { readShown } from '../../interactions/card-data.ts';
import { performAction } from '../../interactions/perform-action.ts';
import type { Reply } from '../../interactions/reply.ts';
import { describeError } from '../../lib/logger.ts';
import { jsonOr } from '../../lib/strict-json.ts';
import type { JsonObject } from '../../lib/strict-json.ts';
import type { TeamsActivity } from './activity.ts';
import type { Answer } from './adapter.ts';
import { cardAnswer, errorAnswer, refusalAnswer } from './answers.ts';
import type { BotDeps } from '../deps.ts';
import { teamsProver } from './prover.ts';

/** `adaptiveCard/action`: a button of a card was pressed. Never throws. */
export async function onCardAction(deps: BotDeps, activity: TeamsActivity): Promise<Answer> {
  try {
    return await answer(deps, activity);
  } catch (error) {
    deps.log.error('a card action failed', {
      activityId: activity.id,
      error: describeError(error),
    });
    return errorAnswer(deps.text, 500, 'internal_error');
  }
}

async function answer(deps: BotDeps, activity: TeamsActivity): Promise<Answer> {
  const { sender } = activity;
  if (!sender) return errorAnswer(deps.text, 400, 'sender_unknown');
  const { verb, data: brought } = jsonOr(activity.value.action);
  const data = jsonOr(brought);
  if (verb === 'refresh') return render(deps, await refresh(deps, { sender, data }));
  const reply = await performAction(deps, {
    verb,
    data,
    origin: {
      via: 'teams',
      tenant: sender.tenantId,
      objectId: sender.objectId,
      activityId: activity.id,
      conversationId: activity.conversation.id,
    },
    // Without a message, the activity is the key. With one, the message is: one form makes one
    // request.
    idempotencyKey: `teams:${activity.id}`,
    teams: { sender, card: pressedCard(deps, activity) },
    prover: teamsProver(deps, { activity, sender }),
  });
  const earlier =
    reply.kind === 'unproven' ? await decidedBefore(deps, { activity, sender, data }) : undefined;
  return render(deps, earlier ?? reply);
}

/** Renders an action's reply for Teams. */
async function render(deps: BotDeps, reply: Reply<Answer>): Promise<Answer> {
  const now = deps.clock.now();
  switch (reply.kind) {
    case 'request': {
      const { request, viewer } = reply;
      const refreshFor = await deps.app.refreshFor(request);
      return cardAnswer(deps.cards.request(request, { viewer, refreshFor, now }));
    }
    case 'review':
      return cardAnswer(deps.cards.review(reply.request, { viewer: reply.viewer, now }));
    case 'form':
      return cardAnswer(deps.cards.form(reply.form));
    case 'refused':
      return refusalAnswer(deps.text, reply.refusal);
    case 'invalid':
      return errorAnswer(deps.text, 400, reply.code);
    case 'unproven':
      return reply.ask;
  }
}

/**
 * Refresh: a client fetches the personal view on its own. Teams shows no login request here, so the
 * view uses the roles that were last verified. The digest proves that the client has the card.
 */
async function refresh(
  { app }: BotDeps,
  { sender, data }: { sender: TeamsSender; data: JsonObject },
): Promise<Reply<never>> {
  const shown = readShown(data);
  if (!shown) return { kind: 'invalid', code: 'card_data_invalid' };
  const request = await app.loadForCard(shown.id);
  if (request?.digest !== shown.digest) return { kind: 'invalid', code: 'request_not_found' };
  return { kind: 'request', request, viewer: await app.viewerOf(request, sender) };
}

/** The message with the clicked card, as an update needs it, and the names of its channel. */
function pressedCard({ channels }: BotDeps, activity: TeamsActivity): ClickedCard | null {
  const { conversation, serviceUrl, replyToId, channelId } = activity;
  if (replyToId === null) return null;
  const named = Object.entries(channels)
    .filter(([, channel]) => channel.channelId === channelId)
    .map(([name]) => name);
  return {
    conversationId: conversation.id,
    serviceUrl,
    activityId: replyToId,
    channels: conversation.personal ? null : named,
  };
}

/**
 * Teams repeats an invoke after a time-out, with the code that the first one used up. If the first
 * one decided, the repeat shows the result.
 */
async function decidedBefore(
  { app }: BotDeps,
  { activity, sender, data }: { activity: TeamsActivity; sender: TeamsSender; data: JsonObject },
): Promise<Reply<never> | undefined> {
  const shown = activity.value.state === undefined ? undefined : readShown(data);
  const request = shown && (await app.loadForCard(shown.id));
  const decision = request?.decisions.find(
    ({ evidence }) =>
      evidence.activityId === activity.id &&
      evidence.objectId === sender.objectId &&
      evidence.tenant === sender.tenantId,
  );
  if (!request || !decision) return undefined;
  return { kind: 'request', request, viewer: { ...decision.approver, roles: [], claims: {} } };
}
