import type { AuditEvent, EventBody } from '../../domain/events/catalogue.ts';
import type { Effect } from '../../domain/request/transition.ts';
import type { Request } from '../../domain/request/request.ts';
import type { Ids } from '../../lib/ids.ts';
import type { Card, NewJob } from '../ports/store.ts';

/**
 * Jobs are leased by the time since when they are due. What was approved does not queue behind
 * cards: thousands may be due while Teams does not answer, each for as long as a call may take.
 */
const AHEAD_OF_ALL = 0;

/** Gives events their ids and time. */
export function stamp(events: readonly EventBody[], ids: Ids, now: number): AuditEvent[] {
  return events.map(({ data, ...event }) => ({
    id: ids.next('evt', now),
    at: now,
    ...event,
    data: { ...data },
  }));
}

/** The job that brings one posted copy of a card up to a revision. */
export function cardJob(card: Card, wanted: number, runAt: number): NewJob {
  return {
    key: `card:${card.id}`,
    kind: 'card',
    requestId: card.requestId,
    subject: card.id,
    runAt,
    wanted,
  };
}

/** The jobs that a step's effects call for. */
export function jobsFor(
  request: Request,
  effects: readonly Effect[],
  cards: readonly Card[],
): NewJob[] {
  const jobs: NewJob[] = [];
  const base = { requestId: request.id, runAt: request.updatedAt, wanted: 0 };
  for (const effect of effects) {
    if (effect === 'cards') {
      jobs.push(...cards.map((card) => cardJob(card, request.version, request.updatedAt)));
    } else if (effect === 'execute') {
      jobs.push({
        ...base,
        key: `execute:${request.id}`,
        kind: 'execute',
        subject: request.id,
        runAt: AHEAD_OF_ALL,
      });
    } else if (request.requester.kind === 'person' && request.requester.objectId !== null) {
      jobs.push({
        ...base,
        key: `notify:${request.id}:outcome`,
        kind: 'notify',
        subject: 'outcome',
      });
    }
  }
  return jobs;
}
