import type { CommitResult, OnceKey, OnceKeyKind } from '../../usecases/ports/request-store.ts';
import type { EncodedChange } from './encode-change.ts';
import { finishJob } from './job-operations.ts';
import { unpackChange } from './packed-change.ts';
import type { PackedChange } from './packed-change.ts';
import { INSERT_EVENT, INSERT_PENDING } from './queries/audit.ts';
import { UPSERT_CARD, UPSERT_CONVERSATION } from './queries/cards.ts';
import { FIND_CHANGE, FIND_ONCE_KEY, INSERT_CHANGE, INSERT_ONCE_KEY } from './queries/changes.ts';
import { HOLD_JOB, UPSERT_JOB } from './queries/jobs.ts';
import { FORGET_ROLES, UPSERT_PERSON, UPSERT_ROLES } from './queries/people.ts';
import {
  CHECK_VERSION,
  INSERT_DECISION,
  INSERT_REQUEST,
  UPDATE_REQUEST,
} from './queries/requests.ts';
import type { Row, Session } from './session.ts';

const CONFLICT: CommitResult = { status: 'conflict' };

/**
 * Writes a change inside the savepoint of its caller, who undoes it unless the answer is
 * `committed`. The order is the port's: a known change, once-keys in their order, the job's fence, the
 * guard, the decision; what comes first is what is answered.
 */
export function commit(session: Session, packed: PackedChange): CommitResult {
  const change = unpackChange(packed);
  const repeated = rememberChange(session, change) ?? takeOnceKeys(session, change);
  if (repeated) return repeated;
  const { ack } = change;
  if (ack && !carryOut(session, ack, change.at)) return CONFLICT;
  const number = writeRequest(session, change);
  if (number === undefined) return CONFLICT;
  if (change.decision && session.run(INSERT_DECISION, change.decision) === 0) {
    return duplicate('decision', { requestId: change.requestId, fingerprint: null });
  }
  for (const event of change.events) {
    session.run(INSERT_EVENT, event);
    session.run(INSERT_PENDING, [event[0] ?? null]);
  }
  for (const job of change.jobs) session.run(UPSERT_JOB, job);
  for (const card of change.cards) session.run(UPSERT_CARD, card);
  for (const met of change.conversations) session.run(UPSERT_CONVERSATION, met);
  for (const person of change.people) seePerson(session, person);
  return { status: 'committed', number };
}

function rememberChange(session: Session, change: EncodedChange): CommitResult | undefined {
  if (session.run(INSERT_CHANGE, [change.id, change.requestId, change.at]) > 0) return undefined;
  const first = session.get(FIND_CHANGE, [change.id]) as Pick<OnceKey, 'requestId'>;
  return duplicate('change', { ...first, fingerprint: null });
}

function carryOut(
  session: Session,
  { key, fence, done }: NonNullable<EncodedChange['ack']>,
  now: number,
): boolean {
  if (done === null) return session.run(HOLD_JOB, [key, fence]) > 0;
  return finishJob(session, { key, fence, done, now });
}

function takeOnceKeys(session: Session, change: EncodedChange): CommitResult | undefined {
  for (const once of change.onceKeys) {
    if (session.run(INSERT_ONCE_KEY, once) > 0) continue;
    const first = session.get(FIND_ONCE_KEY, once.slice(0, 2)) as OnceKey;
    return duplicate(once[0] as OnceKeyKind, first);
  }
  return undefined;
}

/** The request's number, 0 where the change is about none; undefined where the guard fails. */
function writeRequest(session: Session, { request }: EncodedChange): number | undefined {
  if (!request) return 0;
  switch (request.write) {
    case 'insert':
      return session.insert(INSERT_REQUEST, request.row);
    case 'check':
      return guarded(session, request.row);
    case 'update': {
      const number = guarded(session, request.guard);
      if (number !== undefined) session.run(UPDATE_REQUEST, [...request.row, number]);
      return number;
    }
  }
}

/** The number of the request that is as it was seen. */
function guarded(session: Session, guard: Row): number | undefined {
  return (session.get(CHECK_VERSION, guard) as { number: number } | undefined)?.number;
}

function seePerson(session: Session, row: Row): void {
  if (session.run(UPSERT_PERSON, row) === 0) return;
  const [key = null, , , , , roles = null, , seenAt = null] = row;
  session.run(FORGET_ROLES, [key, roles]);
  session.run(UPSERT_ROLES, [key, seenAt, roles]);
}

function duplicate(
  of: OnceKeyKind | 'change' | 'decision',
  { requestId, fingerprint }: Pick<OnceKey, 'requestId' | 'fingerprint'>,
): CommitResult {
  return { status: 'duplicate', of, requestId, fingerprint };
}
