import { isTerminal } from '../domain/request.ts';
import type { Request } from '../domain/request.ts';
import { refreshFor } from './card-views.ts';
import { stamp } from './build-change.ts';
import type { JobDeps } from './deps.ts';
import { DeliveryError } from './ports.ts';
import type { CardContent, Posted } from './ports.ts';
import type { JobResult } from './run-job.ts';
import type { Card, Job } from './store-ports.ts';

/**
 * Brings one copy of a card up to the request as it now is: posts it the first time, updates it
 * afterwards. A job carries no card, so retries and reordering all end at the truth.
 */
export async function deliverCard(deps: JobDeps, job: Job): Promise<JobResult> {
  const card = await deps.store.loadCard(job.subject);
  const request = card && (await deps.store.loadRequest(card.requestId));
  if (!card || !request) return { dead: 'the card or its request is not there' };
  if (card.postedRevision >= request.version) return { done: request.version };
  const content = deps.cards.request(request, {
    viewer: null, refreshFor: await refreshFor(deps, request), now: deps.clock.now(),
  });
  try {
    const posted = await put(deps, card, content);
    await save(deps, { ...card, ...posted, postedRevision: request.version }, card);
    return { done: request.version };
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error;
    if (error.gone && card.activityId !== null) return lost(deps, card, request);
    if (error.gone && job.attempts >= 10) return { dead: error.message };
    const at = error.retryAfterMs === null ? null : deps.clock.now() + error.retryAfterMs;
    return { retryAtMs: at, error: error.message };
  }
}

/** A message that somebody deleted: a channel that still has to decide gets a new one. */
async function lost(deps: JobDeps, card: Card, request: Request): Promise<JobResult> {
  if (card.channel === null || isTerminal(request.state)) return { done: request.version };
  const now = deps.clock.now();
  const fresh = { conversationId: null, serviceUrl: null, activityId: null, postedRevision: 0 };
  await deps.store.commit({
    id: deps.ids.next('chg', now), at: now, cards: [{ ...card, ...fresh }],
  });
  return { retryAtMs: now, error: 'the message is gone; it is posted anew' };
}

async function put(deps: JobDeps, card: Card, content: CardContent): Promise<Posted> {
  const { conversationId, serviceUrl, activityId, channel } = card;
  if (conversationId !== null && serviceUrl !== null && activityId !== null) {
    const at = { conversationId, serviceUrl, activityId };
    await deps.notifier.updateCard(at, content);
    return at;
  }
  if (channel !== null) return deps.notifier.postCard({ channel }, content);
  if (conversationId === null || serviceUrl === null) {
    throw new DeliveryError('the card has no address', { gone: true, retryAfterMs: null });
  }
  return deps.notifier.postCard({ conversationId, serviceUrl }, content);
}

async function save(deps: JobDeps, card: Card, before: Card): Promise<void> {
  const now = deps.clock.now();
  const first = before.activityId === null;
  await deps.store.commit({
    id: deps.ids.next('chg', now),
    at: now,
    cards: [card],
    events: first
      ? stamp([{
          type: 'card.posted', requestId: card.requestId, actor: null,
          data: {
            activityId: card.activityId, conversationId: card.conversationId,
            channel: card.channel, revision: card.postedRevision,
          },
        }], deps.ids, now)
      : [],
  });
}
