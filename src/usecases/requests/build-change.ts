import type { Effect, Step } from '../../domain/request/step.ts';
import { timersOf } from '../../domain/request/timers.ts';
import type { Request } from '../../domain/request/request.ts';
import type { Card } from '../../domain/request/cards.ts';
import type { NewJob } from '../ports/job-store.ts';

/**
 * Jobs are leased by the time since when they are due. What was approved does not queue behind
 * cards: thousands may be due while Teams does not answer, each for as long as a call may take.
 */
const AHEAD_OF_ALL = 0;

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

/** The jobs that a step calls for: those of its effects, and its timers that were not set before. */
export function jobsFor(
  before: Request | null,
  { request, effects }: Pick<Step, 'request' | 'effects'>,
  cards: readonly Card[],
): NewJob[] {
  const set = timersOf(before);
  const timers = timersOf(request).filter(
    ({ kind, at }) => !set.some((timer) => timer.kind === kind && timer.at === at),
  );
  return [
    ...effects.flatMap((effect) => jobsOf(effect, request, cards)),
    ...timers.map(({ kind, at }) => ({
      key: `${kind}:${request.id}`,
      kind,
      requestId: request.id,
      subject: request.id,
      runAt: at,
      wanted: 0,
    })),
  ];
}

function jobsOf(effect: Effect, request: Request, cards: readonly Card[]): NewJob[] {
  const base = { requestId: request.id, runAt: request.updatedAt, wanted: 0 };
  switch (effect.kind) {
    case 'sync-cards':
      return cards.map((card) => cardJob(card, request.version, request.updatedAt));
    case 'execute': {
      const key = `execute:${request.id}`;
      return [{ ...base, key, kind: 'execute', subject: request.id, runAt: AHEAD_OF_ALL }];
    }
    case 'notify': {
      const { kind, objectId } = request.requester;
      if (kind !== 'person' || objectId === null) return [];
      const key = `notify:${request.id}:${effect.about}`;
      return [{ ...base, key, kind: 'notify', subject: effect.about }];
    }
  }
}
