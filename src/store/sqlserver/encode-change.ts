import { sha256 } from '../../lib/hash.ts';
import type { Card } from '../../domain/request/cards.ts';
import type { SeenPerson } from '../../usecases/ports/card-store.ts';
import type { Change, OnceKey } from '../../usecases/ports/request-store.ts';
import type { NewJob } from '../../usecases/ports/job-store.ts';
import { checkGuard } from '../check-writes.ts';
import { addedReaders, askedPart, decisionPart, progressPart } from '../rows.ts';
import { byKey, encodeRows, jsonText } from './query.ts';
import type { ValuesOf } from './query.ts';
import type { COMMIT } from './queries/commit.ts';

/** The size of the column (characters). */
const ONCE_KEY_SIZE = 400;

/**
 * Encodes a change as the parameters of its batch. `attempt` identifies this call. Lists are sorted by
 * key, so that concurrent commits lock shared rows in one order.
 *
 * @throws StoreError `store_rejected` if the guard does not match the request.
 */
export function encodeChange(change: Change, attempt: string): ValuesOf<typeof COMMIT> {
  checkGuard(change);
  const { request, guard, decision, at, ack } = change;
  const people = latest(change.people, (person) => person.seenAt);
  const roles = people.flatMap(({ key, roles, seenAt }) =>
    [...new Set(roles)].sort().map((role) => ({ key, role, seenAt })),
  );
  return {
    id: change.id,
    attempt,
    at,
    requestId: guard?.requestId ?? request?.id ?? decision?.requestId,
    onceKeys: list(change.onceKeys?.map(encodeOnceKey)),
    onceKeyCount: change.onceKeys?.length ?? 0,
    ackKey: ack?.key,
    ackFence: ack?.fence,
    ackDone: ack && Number(ack.done),
    write: request ? (guard ? 'update' : 'insert') : guard && 'check',
    seenVersion: guard?.version,
    version: request?.version,
    state: request?.state,
    workflow: request?.workflow,
    requesterKey: request?.requester.key,
    asked: request && !guard ? askedPart(request) : null,
    progress: request && progressPart(request),
    decisionId: decision?.id,
    decided: decision?.requestId,
    stage: decision?.stage,
    approverKey: decision?.approver.key,
    nth: decision?.nth,
    decidedAt: decision?.at,
    decidedVersion: request?.version ?? guard?.version ?? 0,
    decision: decision && decisionPart(decision),
    readers: list(addedReaders(change)),
    events: list(change.events),
    dropJobs: list(change.dropJobs),
    personKeys: encodeRows(change.personKeys ?? []),
    jobs: list(byKey(joined(change.jobs ?? [])).map(encodeJob)),
    cards: list(encodeCards(change.cards ?? [])),
    conversations: list(latest(change.conversations, (met) => met.updatedAt)),
    people: list(people.map(encodePerson)),
    roles: encodeRows(roles),
  };
}

/**
 * The stored form of a once-key. A key that is longer than the column, or ends in a space (which SQL
 * Server ignores in comparisons), is stored as its hash.
 */
export function storedOnceKey(key: string): string {
  return key.length <= ONCE_KEY_SIZE && !key.endsWith(' ') ? key : `sha256:${sha256(key)}`;
}

function encodeOnceKey(once: OnceKey, n: number): object {
  return { ...once, n, key: storedOnceKey(once.key) };
}

/** Merges insertions with the same key, as if they were made one after another. */
function joined(jobs: readonly NewJob[]): NewJob[] {
  const jobOf = new Map<string, NewJob>();
  for (const job of jobs) {
    const before = jobOf.get(job.key);
    const joins = before !== undefined && job.when === 'earliest';
    jobOf.set(job.key, joins ? { ...before, runAt: Math.min(before.runAt, job.runAt) } : job);
  }
  return [...jobOf.values()];
}

function encodeJob({ about, when, ...job }: NewJob): object {
  return { ...job, aboutType: about.type, aboutId: about.id, moves: when };
}

/** The last value of each card; of cards with the same message, the first. */
function encodeCards(cards: readonly Card[]): object[] {
  const byId = new Map(cards.map((card) => [card.id, { ...card, messageKey: messageKey(card) }]));
  const backwards = [...byId.values()].reverse();
  const byMessage = new Map(backwards.map((card) => [card.messageKey, card]));
  return [...byMessage.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** A unique key: the posted message, or the id of an unposted card. */
export function messageKey({
  id,
  conversationId,
  activityId,
}: Pick<Card, 'id' | 'conversationId' | 'activityId'>): string {
  return activityId === null || conversationId === null
    ? `card:${id}`
    : `message:${sha256(JSON.stringify([conversationId, activityId]))}`;
}

function encodePerson(person: SeenPerson): object {
  return { ...person, roles: jsonText(person.roles), claims: jsonText(person.claims) };
}

/** The newest item of each key; of items with the same time, the last. */
function latest<Item extends { readonly key: string }>(
  items: readonly Item[] = [],
  time: (item: Item) => number,
): Item[] {
  const oldestFirst = [...items].sort((a, b) => time(a) - time(b));
  return byKey([...new Map(oldestFirst.map((item) => [item.key, item])).values()]);
}

/** Encodes a list; null if it is empty, which skips its step. */
function list(items: readonly unknown[] | undefined): string | null {
  return items && items.length > 0 ? encodeRows(items) : null;
}
