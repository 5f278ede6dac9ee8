import { sha256 } from '../../lib/hash.ts';
import type { Card } from '../../domain/request/cards.ts';
import type { SeenPerson } from '../../usecases/ports/card-store.ts';
import type { Change, OnceKey } from '../../usecases/ports/request-store.ts';
import type { NewJob } from '../../usecases/ports/job-store.ts';
import { checkGuard } from '../check-writes.ts';
import { askedPart, decisionPart, progressPart } from '../rows.ts';
import { encodeRows, jsonText } from './query.ts';
import type { ValuesOf } from './query.ts';
import type { COMMIT } from './queries/commit.ts';

/** The size of the column (characters). */
const ONCE_KEY_SIZE = 400;

type Values = ValuesOf<typeof COMMIT>;
type RequestValues = Pick<
  Values,
  'write' | 'seenVersion' | 'version' | 'state' | 'workflow' | 'requesterKey' | 'asked' | 'progress'
>;

const NO_REQUEST: RequestValues = {
  write: null,
  seenVersion: null,
  version: null,
  state: null,
  workflow: null,
  requesterKey: null,
  asked: null,
  progress: null,
};

/**
 * Encodes a change as the parameters of its batch. `attempt` identifies this call. Lists are sorted by
 * key, so that concurrent commits lock shared rows in one order.
 *
 * @throws StoreError `store_rejected` if the guard does not match the request.
 */
export function encodeChange(change: Change, attempt: string): Values {
  checkGuard(change);
  const { request, guard, decision, at, ack } = change;
  const people = latest(change.people ?? [], (person) => person.seenAt);
  return {
    id: change.id,
    attempt,
    at,
    requestId: guard?.requestId ?? request?.id ?? decision?.requestId ?? null,
    onceKeys: list(change.onceKeys?.map(encodeOnceKey)),
    onceKeyCount: change.onceKeys?.length ?? 0,
    ackKey: ack?.key ?? null,
    ackFence: ack?.fence ?? null,
    ackDone: ack ? Number(ack.done) : null,
    ...encodeRequest(change),
    decisionId: decision?.id ?? null,
    decided: decision?.requestId ?? null,
    stage: decision?.stage ?? null,
    approverKey: decision?.approver.key ?? null,
    nth: decision?.nth ?? null,
    decidedAt: decision?.at ?? null,
    decidedVersion: request?.version ?? guard?.version ?? 0,
    decision: decision ? decisionPart(decision) : null,
    events: list(change.events),
    dropJobs: list(change.dropJobs),
    personKeys: encodeRows(change.personKeys ?? []),
    jobs: list(sorted(joined(change.jobs ?? []), ({ key }) => key).map(encodeJob)),
    cards: list(encodeCards(change.cards ?? [])),
    conversations: list(latest(change.conversations ?? [], (met) => met.updatedAt)),
    people: list(people.map(encodePerson)),
    roles:
      list(
        people.flatMap(({ key, roles, seenAt }) =>
          [...new Set(roles)].sort().map((role) => ({ key, role, seenAt })),
        ),
      ) ?? '[]',
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

function encodeRequest({ request, guard }: Change): RequestValues {
  const seen = guard && { seenVersion: guard.version };
  if (!request) return seen ? { ...NO_REQUEST, write: 'check', ...seen } : NO_REQUEST;
  const { version, state } = request;
  const written = { ...NO_REQUEST, version, state, progress: progressPart(request) };
  if (!guard || !seen) {
    return {
      ...written,
      write: 'insert',
      workflow: request.workflow,
      requesterKey: request.requester.key,
      asked: askedPart(request),
    };
  }
  return { ...written, write: 'update', ...seen };
}

/** Merges insertions with the same key, as if they were made one after another. */
function joined(jobs: readonly NewJob[]): NewJob[] {
  const byKey = new Map<string, NewJob>();
  for (const job of jobs) {
    const before = byKey.get(job.key);
    const joins = before !== undefined && job.when === 'earliest';
    byKey.set(job.key, joins ? { ...before, runAt: Math.min(before.runAt, job.runAt) } : job);
  }
  return [...byKey.values()];
}

function encodeJob({ about, when, ...job }: NewJob): object {
  return { ...job, aboutType: about.type, aboutId: about.id, moves: when };
}

/** The last value of each card; of cards with the same message, the first. */
function encodeCards(cards: readonly Card[]): object[] {
  const byId = new Map(cards.map((card) => [card.id, { ...card, messageKey: messageKey(card) }]));
  const taken = new Set<string>();
  return sorted(
    [...byId.values()].filter((card) => {
      const fresh = !taken.has(card.messageKey);
      taken.add(card.messageKey);
      return fresh;
    }),
    ({ id }) => id,
  );
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
  return {
    ...person,
    roles: jsonText(person.roles),
    claims: jsonText(person.claims),
  };
}

/** The newest item of each key. */
function latest<Item extends { readonly key: string }>(
  items: readonly Item[],
  time: (item: Item) => number,
): Item[] {
  const byKey = new Map<string, Item>();
  for (const item of items) {
    const before = byKey.get(item.key);
    if (!before || time(item) >= time(before)) byKey.set(item.key, item);
  }
  return sorted([...byKey.values()], ({ key }) => key);
}

function sorted<Item>(items: readonly Item[], by: (item: Item) => string): Item[] {
  return [...items].sort((a, b) => (by(a) < by(b) ? -1 : 1));
}

/** Encodes a list; null if it is empty, which skips its step. */
function list(items: readonly unknown[] | undefined): string | null {
  return items && items.length > 0 ? encodeRows(items) : null;
}
