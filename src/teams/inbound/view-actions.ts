import type { TeamsSender } from '../../usecases/ports/teams-sender.ts';
import type { TeamsActivity } from './activity.ts';
import type { Answer } from './adapter.ts';
import { cardAnswer, errorAnswer, notYours } from './answers.ts';
import type { CardAction } from './decide-action.ts';
import type { BotDeps } from '../deps.ts';
import { prove } from './proof.ts';
import { requestAnswer } from './request-view.ts';

/** Review: everything that is decided about, for people whose token lets them read it. */
export async function onReview(deps: BotDeps, action: CardAction): Promise<Answer> {
  const { activity, sender, shown } = action;
  const subject = { requestId: shown.id, revision: shown.revision };
  const proof = await prove(deps, activity, { sender, subject });
  if (proof.kind === 'answer') return proof.answer;
  const request = await deps.app.readRequest({ id: shown.id, by: proof.by });
  if (!request) return notYours(deps.text);
  return cardAnswer(deps.cards.review(request, { viewer: proof.by, now: deps.clock.now() }));
}

/** The same for `status 17`: nothing is said about a number before the reader is known. */
export async function onReviewByNumber(
  deps: BotDeps,
  { activity, sender, number }: { activity: TeamsActivity; sender: TeamsSender; number: number },
): Promise<Answer> {
  const subject = { requestId: `number:${number}`, revision: 0 };
  const proof = await prove(deps, activity, { sender, subject });
  if (proof.kind === 'answer') return proof.answer;
  const request = await deps.app.readRequestByNumber({ number, by: proof.by });
  if (!request) return notYours(deps.text);
  return cardAnswer(deps.cards.review(request, { viewer: proof.by, now: deps.clock.now() }));
}

/**
 * Refresh: a client fetches its person's view by itself. It is never asked to log in, so the view
 * is by what is remembered of the person; the digest shows that the client has the card.
 */
export async function onRefresh(deps: BotDeps, action: CardAction): Promise<Answer> {
  const { sender, shown } = action;
  const request = await deps.app.loadForCard(shown.id);
  if (request?.digest !== shown.digest) {
    return errorAnswer(deps.text, 400, 'request_not_found');
  }
  return requestAnswer(deps, request, await deps.app.viewerOf(request, sender));
}
