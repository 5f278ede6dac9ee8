import type { EventBody } from '../../domain/events/catalogue.ts';
import { isTerminal } from '../../domain/request/state.ts';
import type { Request } from '../../domain/request/request.ts';
import { refreshFor } from '../requests/card-views.ts';
import { recordEvents } from '../record-events.ts';
import { cardJob } from '../requests/build-change.ts';
import type { JobDeps } from '../deps.ts';
import { DeliveryError } from '../ports/delivery-error.ts';
import type { CardContent } from '../ports/cards.ts';
import type { MakeCard, Posted, Turn } from '../ports/notifier.ts';
import type { JobContext, JobResult } from './run-job.ts';
import { commitWithRetry, retryWrite } from '../store-faults.ts';
import type { Card } from '../ports/card-store.ts';
import type { Change } from '../ports/request-store.ts';
import type { Job } from '../ports/job-store.ts';
import { tryLater } from './try-later.ts';

/** The revision of a card that is never to be posted: its message has a row of its own. */
const SETTLED = Number.MAX_SAFE_INTEGER;

/**
 * Brings one copy of a card up to the request: posts it the first time, updates it afterwards. A job
 * carries no card: it is rendered when its turn under Teams' rate limits has come, so that retries,
 * reordering and newer states all end at the truth.
 */
export async function deliverCard(
  deps: JobDeps,
  job: Job,
  context: JobContext,
): Promise<JobResult> {
  const card = await deps.store.loadCard(job.subject);
  // A copy that two came to know at the same time has the row of the first.
  if (!card) return { done: job.wanted };
  const found = await deps.store.loadRequest(card.requestId);
  if (!found) return { dead: 'the request is not there' };
  if (card.postedRevision >= found.version) return { done: found.version };
  let request = found;
  const render = async () => {
    const now = await deps.store.loadWithCards(card.requestId);
    const copy = now?.cards.find(({ id }) => id === card.id);
    request = now?.request ?? request;
    const stale = copy?.activityId !== card.activityId || copy.postedRevision >= request.version;
    return stale ? null : content(deps, request);
  };
  try {
    const posted = await put(deps, card, render, { ...context, dueAt: job.runAt });
    // Somebody else was here while this job waited: the next look tells what is left to do.
    if (posted === null) return lookAgain(deps);
    return await save(deps, job, {
      before: card,
      card: { ...card, ...posted, postedRevision: request.version },
    });
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error;
    if (error.gone && card.activityId !== null) return lost(deps, card, request);
    if (error.gone && job.attempts >= 10) return { dead: error.message };
    return tryLater(deps, error);
  }
}

async function content(deps: JobDeps, request: Request): Promise<CardContent> {
  return deps.cards.request(request, {
    viewer: null,
    refreshFor: await refreshFor(deps, request),
    now: deps.clock.now(),
  });
}

function lookAgain({ clock }: JobDeps): JobResult {
  return { retryAtMs: clock.now(), error: 'the card has changed meanwhile', tried: false };
}

/**
 * The job was another's by the time that Teams had answered: this took longer than its lease. What
 * we did is written all the same, unless the other was there as well: then a message that only we
 * know of is adopted, and a newer revision that ours has undone is put there once more.
 */
async function comeLate(deps: JobDeps, late: Card): Promise<void> {
  const kept = await deps.store.loadCard(late.id);
  if (!kept) return;
  const now = deps.clock.now();
  const undone = isAt(kept, late) && kept.postedRevision > late.postedRevision;
  const alone = kept.activityId === null || isAt(kept, late);
  const card = undone
    ? { ...kept, postedRevision: 0 }
    : alone
      ? late
      : { ...late, id: deps.ids.next('crd', now), channel: null, postedRevision: 0 };
  await deps.store.commit({
    id: deps.ids.next('chg', now),
    at: now,
    cards: [card],
    jobs: card.postedRevision === 0 ? [cardJob(card, late.postedRevision, now)] : [],
  });
}

function isAt(one: Card, other: Card): boolean {
  return one.activityId === other.activityId && one.conversationId === other.conversationId;
}

/** A message that somebody deleted: a channel that still has to decide gets a new one. */
async function lost(deps: JobDeps, card: Card, request: Request): Promise<JobResult> {
  if (card.channel === null || isTerminal(request.state)) return { done: request.version };
  const now = deps.clock.now();
  const fresh = { conversationId: null, serviceUrl: null, activityId: null, postedRevision: 0 };
  await deps.store.commit({
    id: deps.ids.next('chg', now),
    at: now,
    cards: [{ ...card, ...fresh }],
  });
  return { retryAtMs: now, error: 'the message is gone; it is posted anew' };
}

async function put(
  deps: JobDeps,
  card: Card,
  render: MakeCard,
  turn: Turn,
): Promise<Posted | null> {
  const { conversationId, serviceUrl, activityId, channel } = card;
  if (conversationId !== null && serviceUrl !== null && activityId !== null) {
    const at = { conversationId, serviceUrl, activityId };
    return deps.notifier.updateCard(at, render, turn);
  }
  if (channel !== null) return deps.notifier.postCard({ channel }, render, turn);
  if (conversationId === null || serviceUrl === null) {
    throw new DeliveryError('the card has no address', { gone: true, retryAfterMs: null });
  }
  return deps.notifier.postCard({ conversationId, serviceUrl }, render, turn);
}

/** Writes where the copy is and what it shows, and with it that the job is done. */
async function save(
  deps: JobDeps,
  job: Job,
  { card, before }: { card: Card; before: Card },
): Promise<JobResult> {
  const written =
    before.activityId === null
      ? await saveFirst(deps, job, card)
      : (await write(deps, job, { cards: [card], done: card.postedRevision })) && card;
  if (!written) await retryWrite(deps.log, () => comeLate(deps, card));
  // The job is gone by now: nobody comes back for what is not written here.
  await retryWrite(deps.log, () => catchUp(deps, written || card));
  return { acknowledged: true };
}

/**
 * A message that is new. Somebody may click it before its id is known here; the click has then
 * adopted the message (apply-command.ts), and this row gives way, as it would be posted a second
 * time. The job stays in hand until that is settled: whoever took it meanwhile would post as well.
 * Gives the row that was written, false where the job is another claim's by now.
 */
async function saveFirst(deps: JobDeps, job: Job, card: Card): Promise<Card | false> {
  const found = await deps.store.loadCard(card.id);
  // Somebody came late with a message of the same card: both are kept.
  const twin = found !== undefined && found.activityId !== null && !isAt(found, card);
  const now = deps.clock.now();
  const row = twin ? { ...card, id: deps.ids.next('crd', now), channel: null } : card;
  const written = await write(deps, job, {
    cards: [row],
    ...recordEvents(deps, [postedEvent(card)], now),
    done: null,
  });
  if (!written) return false;
  const kept = await deps.store.loadCard(card.id);
  const adopted = kept !== undefined && kept.activityId === null;
  // Where the lease has ended by now, whoever has the job finds the card as it is.
  await write(
    deps,
    job,
    adopted
      ? { cards: [{ ...kept, postedRevision: SETTLED }], done: SETTLED }
      : { done: card.postedRevision },
  );
  return row;
}

/** Commits under the job's fence; false where the job is another claim's by now. */
async function write(
  deps: JobDeps,
  { key, fence }: Job,
  { done, ...rows }: Pick<Change, 'cards' | 'events'> & { done: number | null },
): Promise<boolean> {
  const now = deps.clock.now();
  const change: Change = {
    id: deps.ids.next('chg', now),
    at: now,
    ack: { key, fence, done },
    ...rows,
  };
  const saved = await retryWrite(deps.log, () => commitWithRetry(deps.store, change));
  return saved.status !== 'conflict';
}

/**
 * A decision asks for the copies that it knew of: one that came to be known while that was written
 * may not be among them, and is asked for here.
 */
async function catchUp(deps: JobDeps, card: Card): Promise<void> {
  const request = await deps.store.loadRequest(card.requestId);
  if (!request || request.version <= card.postedRevision) return;
  const now = deps.clock.now();
  await deps.store.commit({
    id: deps.ids.next('chg', now),
    at: now,
    jobs: [cardJob(card, request.version, now)],
  });
}

function postedEvent(card: Card): EventBody {
  return {
    type: 'card.posted',
    requestId: card.requestId,
    actor: null,
    data: {
      activityId: card.activityId,
      conversationId: card.conversationId,
      channel: card.channel,
      revision: card.postedRevision,
    },
  };
}
