import type { Notice } from '../../domain/notice.ts';
import { teamsIdsOf } from '../../domain/people/principal.ts';
import { neededUntil } from '../../domain/request/cards.ts';
import type { JobDeps } from '../app-context.ts';
import { DeliveryError } from '../ports/delivery-error.ts';
import type { Job } from '../ports/job-store.ts';
import type { RequestWithCards } from '../ports/request-store.ts';
import { noticeSubjectOf } from '../requests/build-change.ts';
import { tryLater } from './job-handler.ts';
import type { JobContext, JobResult } from './job-handler.ts';

/** A passing 403 looks like the refusal of a person without the app, so one is not believed. */
const BELIEVED_AT = 4;

/**
 * Notifies the requester in the personal chat: of the outcome, or that the card waits to be posted.
 * A person without the app gets no notice, which is no failure: it is known after a few tries.
 */
export async function tellRequester(
  deps: JobDeps,
  job: Job<'notify'>,
  context: JobContext,
): Promise<JobResult> {
  const found = await deps.store.loadWithCards(job.about.id);
  if (!found) return { dead: 'the request is not there' };
  const { request } = found;
  const requester = teamsIdsOf(request.requester);
  const notice = noticeOf(job, found);
  if (!requester || !notice) return 'done';
  try {
    await deps.notifier.tell(requester, notice, { ...context, dueAt: job.runAt });
    return 'done';
  } catch (error) {
    if (!(error instanceof DeliveryError)) throw error;
    if (error.reason !== 'unreachable' || job.attempts < BELIEVED_AT) {
      return tryLater(deps, error, neededUntil(request));
    }
    deps.log.info('a notice was not sent: the person does not have the app', { job: job.key });
    return 'done';
  }
}

/** Undefined where nothing is to be told any more. */
function noticeOf(job: Job<'notify'>, { request, cards }: RequestWithCards): Notice | undefined {
  const { number, title, state, outcome } = request;
  const subject = noticeSubjectOf(job);
  if (subject === 'outcome') {
    return { code: 'request_ended', params: { number, title, state }, outcome };
  }
  const channel = cards.find((card) => card.state === 'waiting')?.channel ?? null;
  if (channel === null) return undefined;
  return { code: 'card_waiting', params: { number, title, channel, reason: subject } };
}
