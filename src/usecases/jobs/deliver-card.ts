import type { EventBody } from '../../domain/events/catalogue.ts';
import {
  isSameMessage,
  neededUntil,
  reconcile,
  withoutMessage,
} from '../../domain/request/cards.ts';
import type { Card } from '../../domain/request/cards.ts';
import { isEnded } from '../../domain/request/state.ts';
import { refreshFor } from '../requests/card-views.ts';
import { cardJob, cardOf, noticeJobs } from '../requests/build-change.ts';
import type { JobDeps } from '../app-context.ts';
import { DeliveryError } from '../ports/delivery-error.ts';
import type { MakeCard, Posted, Turn } from '../ports/notifier.ts';
import { tryLater } from './job-handler.ts';
import type { JobContext, JobResult } from './job-handler.ts';
import { commitWithRetry, retryWrite } from '../store-faults.ts';
import type { Change, CommitResult, RequestWithCards } from '../ports/request-store.ts';
import type { Job } from '../ports/job-store.ts';

/** How often a message is reconciled before something must be wrong. */
const MAX_PASSES = 8;

/**
 * Carries out what `reconcile` asks for one copy of a card. A job carries no card: it is rendered
 * when its turn under Teams' rate limits has come, so that retries, reordering and newer states all
 * end at the truth. A refusal is tried again until then, or until seven days after the end.
 */
export async function deliverCard(
  deps: JobDeps,
  job: Job<'card'>,
  context: JobContext,
): Promise<JobResult> {
  const found = await deps.store.loadWithCards(job.about.id);
  if (!found) return { dead: 'the request is not there' };
  let truth = found;
  const card = copyOf(truth, cardOf(job));
  // A message that two processes came to know at the same time has the row of the first.
  const wanted = card ? reconcile(card, truth).do : 'nothing';
  if (!card || wanted === 'nothing') return 'done';
  const render = async () => {
    truth = (await deps.store.loadWithCards(job.about.id)) ?? truth;
    const copy = copyOf(truth, card.id);
    const stale = copy?.activityId !== card.activityId || reconcile(copy, truth).do !== wanted;
    return stale ? null : content(deps, truth);
  };
  try {
    const message = await send(deps, card, { render, turn: { ...context, dueAt: job.runAt } });
    // Another process was here while this job waited: the next run finds what is left to do.
    if (message === null)
      return { notBefore: deps.clock.now(), why: 'the card has changed meanwhile' };
    const postedRevision = truth.request.version;
    const sent: Card = { ...card, ...message, state: 'posting', postedRevision };
    return await settle(deps, job, { sent, isNew: card.activityId === null });
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error;
    if (error.reason === 'message_gone' && card.activityId !== null) {
      return forget(deps, job, { card, truth });
    }
    return postpone(deps, job, { card, truth, error });
  }
}

function copyOf({ cards }: RequestWithCards, id: string): Card | undefined {
  return cards.find((card) => card.id === id);
}

async function content(deps: JobDeps, { request }: RequestWithCards) {
  const refresh = await refreshFor(deps, request);
  const now = deps.clock.now();
  return deps.cards.request(request, { viewer: null, refreshFor: refresh, now });
}

async function send(
  { notifier }: JobDeps,
  { conversationId, serviceUrl, activityId, channel }: Card,
  { render, turn }: { render: MakeCard; turn: Turn },
): Promise<Posted | null> {
  if (conversationId !== null && serviceUrl !== null && activityId !== null) {
    return notifier.updateCard({ conversationId, serviceUrl, activityId }, render, turn);
  }
  if (channel !== null) return notifier.postCard({ channel }, render, turn);
  if (conversationId === null || serviceUrl === null) {
    throw new DeliveryError('the card has no address');
  }
  return notifier.postCard({ conversationId, serviceUrl }, render, turn);
}

/** The message was deleted: a channel that still needs it gets a new one. */
async function forget(
  deps: JobDeps,
  { key, fence }: Job,
  { card, truth }: { card: Card; truth: RequestWithCards },
): Promise<JobResult> {
  const without = withoutMessage(card, truth.request);
  await commit(deps, { cards: [without], ack: { key, fence, done: false } });
  if (without.state === 'gone') return 'done';
  return { notBefore: deps.clock.now(), why: 'the message is gone; it is posted anew' };
}

/** Teams refused: the next try, and what people see of it meanwhile. */
async function postpone(
  deps: JobDeps,
  { key, fence }: Job,
  { card, truth, error }: { card: Card; truth: RequestWithCards; error: DeliveryError },
): Promise<JobResult> {
  const { request } = truth;
  const result = tryLater(deps, error, neededUntil(request));
  // A process whose lease has run out stores its message all the same: that row is kept.
  const known = await deps.store.loadWithCards(request.id);
  if (known && copyOf(known, card.id)?.activityId !== card.activityId) {
    return { notBefore: deps.clock.now(), why: 'the card has changed meanwhile' };
  }
  // Under the lease: so is one that another process stored under a later lease.
  const ack = { key, fence, done: false };
  if (typeof result === 'object' && 'undeliverable' in result) {
    await commit(deps, { cards: [{ ...card, state: 'undeliverable' }], ack });
  } else if (card.state === 'unposted' && error.reason !== null && !isEnded(request.state)) {
    const jobs = noticeJobs(request, error.reason, deps.clock.now());
    await commit(deps, { cards: [{ ...card, state: 'waiting' }], jobs, ack });
    deps.signals.jobsWaiting();
  }
  return result;
}

/**
 * Stores where a message is and what it shows, under the job's lease: nobody else posts the card
 * until that is settled. It is stored where the lease has run out too: its id is known here alone.
 */
async function settle(
  deps: JobDeps,
  { key, fence, about }: Job,
  { sent, isNew }: { sent: Card; isNew: boolean },
): Promise<JobResult> {
  let held = true;
  let logged = !isNew;
  const pass = async (): Promise<boolean> => {
    const truth = await deps.store.loadWithCards(about.id);
    const known = truth?.cards.find((card) => isSameMessage(card, sent));
    const action = truth && reconcile(sent, truth);
    const now = deps.clock.now();
    const stored = action && 'card' in action ? action : null;
    const id = stored?.do === 'add' ? deps.ids.next('crd', now) : sent.id;
    // A row that had the message before needs no second look under the lease.
    const settled = stored === null || (held && known?.id === id);
    // A command asks for the copies that it knew of, and may not have known this one.
    const behind = !stored && truth && known && reconcile(known, truth).do === 'update';
    const events = stored && !logged ? [postedEvent(sent)] : [];
    const { status } = await deps.record(events, now, (recorded) =>
      commit(deps, {
        ...(stored ? { cards: [{ ...stored.card, id }] } : {}),
        ...recorded,
        ...(behind ? { jobs: [cardJob(known, now)] } : {}),
        ...(held ? { ack: { key, fence, done: settled } } : {}),
      }),
    );
    const lost = status === 'conflict';
    if (lost) held = false;
    else logged = true;
    return settled && !lost;
  };
  for (let passes = 0; passes < MAX_PASSES; passes += 1) {
    if (await retryWrite(deps.log, pass)) return 'acknowledged';
  }
  throw new Error(`card ${sent.id}: ${MAX_PASSES} commits did not settle its message`);
}

async function commit(deps: JobDeps, change: Partial<Change>): Promise<CommitResult> {
  const at = deps.clock.now();
  return commitWithRetry(deps.store, { id: deps.ids.next('chg', at), at, ...change });
}

const NOWHERE = { activityId: null, conversationId: null };

function postedEvent({ requestId, ...card }: Card): EventBody {
  const { channel, postedRevision: revision } = card;
  // The ids of a chat are personal.
  const { activityId, conversationId } = channel === null ? NOWHERE : card;
  return {
    type: 'card.posted',
    requestId,
    actor: null,
    data: { activityId, conversationId, channel, revision },
  };
}
