import type { SeenPerson } from '../../usecases/ports/card-store.ts';
import type { Change } from '../../usecases/ports/request-store.ts';
import { StoreError } from '../../usecases/ports/store-error.ts';
import { askedPart, progressPart } from '../rows.ts';
import { packChange } from './packed-change.ts';
import type { PackedChange } from './packed-change.ts';
import type { Row } from './session.ts';

/** A change as the writer takes it: rows in the order of their statements' parameters. */
export interface EncodedChange {
  readonly id: string;
  readonly at: number;
  readonly requestId: string | null;
  readonly onceKeys: readonly Row[];
  readonly ack: NonNullable<Change['ack']> | null;
  readonly request: EncodedRequest | null;
  readonly decision: Row | null;
  readonly events: readonly Row[];
  readonly jobs: readonly Row[];
  readonly cards: readonly Row[];
  readonly conversations: readonly Row[];
  readonly people: readonly Row[];
}

/** To be inserted, updated under a guard, or only held against the guard. */
export type EncodedRequest =
  | { readonly write: 'insert' | 'check'; readonly row: Row }
  | { readonly write: 'update'; readonly guard: Row; readonly row: Row };

const NONE: readonly never[] = [];

/**
 * A change as it is posted to the writer, JSON already text.
 *
 * @throws StoreError `store_rejected` where the guard is another request's, or the version that is
 *   written does not rise above the guarded one (a later guard could then miss this commit).
 */
export function encodeChange(change: Change): PackedChange {
  const { request, guard, decision, at } = change;
  return packChange({
    id: change.id,
    at,
    requestId: guard?.requestId ?? request?.id ?? decision?.requestId ?? null,
    onceKeys:
      change.onceKeys?.map((once): Row => [
        once.kind,
        once.key,
        once.requestId,
        once.fingerprint,
        once.expiresAt,
      ]) ?? NONE,
    ack: change.ack ?? null,
    request: encodeRequest(change),
    decision: decision
      ? [
          decision.id,
          decision.requestId,
          decision.stage,
          decision.approver.key,
          decision.nth,
          decision.at,
          JSON.stringify(decision),
        ]
      : null,
    events:
      change.events?.map((event): Row => [
        event.id,
        event.at,
        event.type,
        event.requestId,
        event.body,
      ]) ?? NONE,
    jobs:
      change.jobs?.map((job): Row => [
        job.key,
        job.kind,
        job.requestId,
        job.subject,
        job.runAt,
        job.runAt,
        job.wanted,
        at,
        at,
      ]) ?? NONE,
    cards:
      change.cards?.map((card): Row => [
        card.id,
        card.requestId,
        card.channel,
        card.conversationId,
        card.serviceUrl,
        card.activityId,
        card.postedRevision,
        card.conversationId,
        card.activityId,
        card.id,
      ]) ?? NONE,
    conversations:
      change.conversations?.map((met): Row => [
        met.key,
        met.tenantId,
        met.conversationId,
        met.serviceUrl,
        met.userId,
        met.updatedAt,
      ]) ?? NONE,
    people: change.people?.map(encodePerson) ?? NONE,
  });
}

function encodeRequest({ request, guard }: Change): EncodedRequest | null {
  if (!request) return guard ? { write: 'check', row: encodeGuard(guard) } : null;
  if (!guard) {
    const row = [
      request.id,
      request.version,
      request.state,
      request.workflow,
      request.requester.key,
      askedPart(request),
      progressPart(request),
    ];
    return { write: 'insert', row };
  }
  if (guard.requestId !== request.id || request.version <= guard.version) {
    throw new StoreError(
      'store_rejected',
      `The guard (${guard.requestId}, version ${guard.version}) does not fit the request that is ` +
        `written (${request.id}, version ${request.version}): this is a fault of the program.`,
    );
  }
  const row = [request.version, request.state, progressPart(request)];
  return { write: 'update', guard: encodeGuard(guard), row };
}

function encodeGuard({ requestId, version }: NonNullable<Change['guard']>): Row {
  return [requestId, version];
}

function encodePerson(person: SeenPerson): Row {
  const { key, tenantId, objectId, userId, name, roles, claims, seenAt } = person;
  return [
    key,
    tenantId,
    objectId,
    userId,
    name,
    JSON.stringify(roles),
    JSON.stringify(claims),
    seenAt,
  ];
}
