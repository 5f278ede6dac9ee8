import { reconcile } from '../../domain/request/cards.ts';
import type { Card } from '../../domain/request/cards.ts';
import type { Effect, Step } from '../../domain/request/step.ts';
import { timerChanges, timersOf } from '../../domain/request/timers.ts';
import type { Request } from '../../domain/request/request.ts';
import { PRIORITY } from '../ports/job-store.ts';
import type { DeliveryReason } from '../ports/delivery-error.ts';
import type { Job, NewJob } from '../ports/job-store.ts';
import type { Change } from '../ports/request-store.ts';

const CARD_PREFIX = 'card:';

/** The job that updates one copy of a card. */
export function cardJob({ id, requestId }: Card, runAt: number): NewJob {
  return {
    key: `${CARD_PREFIX}${id}`,
    kind: 'card',
    about: { type: 'request', id: requestId },
    runAt,
    when: 'earliest',
    priority: PRIORITY.delivery,
  };
}

/** The id of the card that the job updates. */
export function cardOf({ key }: Pick<Job<'card'>, 'key'>): string {
  return key.slice(CARD_PREFIX.length);
}

/** The jobs of a step: those of its effects, and the changes of its timers. */
export function jobsFor(
  before: Request | null,
  { request, effects }: Pick<Step, 'request' | 'effects'>,
  cards: readonly Card[],
): Required<Pick<Change, 'jobs' | 'dropJobs'>> {
  const about = { type: 'request', id: request.id } as const;
  const { set, dropped } = timerChanges(timersOf(before), timersOf(request));
  return {
    jobs: [
      ...effects.flatMap((effect) => jobsOf(effect, request, cards)),
      ...set.map(({ kind, at }): NewJob => ({
        key: `${kind}:${request.id}`,
        kind,
        about,
        runAt: at,
        when: 'replace',
        priority: PRIORITY.timer,
      })),
    ],
    dropJobs: dropped.map(({ kind }) => `${kind}:${request.id}`),
  };
}

function jobsOf(effect: Effect, request: Request, cards: readonly Card[]): NewJob[] {
  const { id, updatedAt: runAt } = request;
  const base = { about: { type: 'request', id }, runAt, when: 'earliest' } as const;
  switch (effect.kind) {
    case 'sync-cards':
      return cards
        .filter((card) => reconcile(card, { request, cards }).do !== 'nothing')
        .map((card) => cardJob(card, runAt));
    case 'execute':
      return [{ ...base, key: `execute:${id}`, kind: 'execute', priority: PRIORITY.execution }];
    case 'tell-outcome':
      return noticeJobs(request, 'outcome', runAt);
  }
}

/** What a notice tells the requester: the outcome, or why the card waits to be posted. */
export type NoticeSubject = 'outcome' | DeliveryReason;

/** The job that tells the requester; none where that is no person in Teams. */
export function noticeJobs(
  { id, requester }: Pick<Request, 'id' | 'requester'>,
  subject: NoticeSubject,
  runAt: number,
): NewJob[] {
  if (requester.kind === 'workload' || requester.objectId === null) return [];
  return [
    {
      key: `notify:${id}:${subject}`,
      kind: 'notify',
      about: { type: 'request', id },
      runAt,
      when: 'earliest',
      priority: PRIORITY.delivery,
    },
  ];
}

/** What the notice of a job tells. */
export function noticeSubjectOf({ key }: Pick<Job<'notify'>, 'key'>): NoticeSubject {
  return key.slice(key.lastIndexOf(':') + 1) as NoticeSubject;
}
