import type {
  Change,
  CommitResult,
  OnceKey,
  OnceKeyKind,
} from '../../usecases/ports/request-store.ts';
import { checkGuard } from '../check-writes.ts';
import { addedReaders, decisionColumns, progressPart, requestColumns } from '../rows.ts';
import { finishJob } from './job-operations.ts';
import { UPSERT_CARD, UPSERT_CONVERSATION } from './queries/cards.ts';
import { FIND_CHANGE, FIND_ONCE_KEY, INSERT_CHANGE, INSERT_ONCE_KEY } from './queries/changes.ts';
import { DROP_JOB, HOLD_JOB } from './queries/jobs.ts';
import {
  CHECK_VERSION,
  INSERT_DECISION,
  INSERT_REQUEST,
  UPDATE_REQUEST,
} from './queries/requests.ts';
import type { Connection } from './connection.ts';
import { addJob, addReaders, recordEvents, seePerson } from './write-rows.ts';

const CONFLICT: CommitResult = { status: 'conflict' };

/**
 * Writes a change in the savepoint of the caller, who rolls back unless the result is `committed`.
 * Checks in the order of the port: known change, once-keys, fence of the job, guard, decision. The
 * first failed check is the result.
 *
 * @throws StoreError `store_rejected` if the guard does not match the request.
 */
export function commit(connection: Connection, change: Change): CommitResult {
  checkGuard(change);
  const requestId =
    change.guard?.requestId ?? change.request?.id ?? change.decision?.requestId ?? null;
  const repeated =
    rememberChange(connection, change, requestId) ?? takeOnceKeys(connection, change);
  if (repeated) return repeated;
  if (!settleJob(connection, change)) return CONFLICT;
  const number = writeRequest(connection, change);
  if (number === undefined) return CONFLICT;
  if (!addDecision(connection, change)) {
    return duplicate('decision', { requestId, fingerprint: null });
  }
  addReaders(connection, addedReaders(change), number);
  recordEvents(connection, { events: change.events ?? [], personKeys: change.personKeys ?? [] });
  const { jobs = [], cards = [], conversations = [], people = [] } = change;
  for (const key of change.dropJobs ?? []) connection.run(DROP_JOB, { key });
  for (const job of jobs) addJob(connection, job);
  for (const card of cards) connection.run(UPSERT_CARD, { ...card });
  for (const conversation of conversations)
    connection.run(UPSERT_CONVERSATION, { ...conversation });
  for (const person of people) seePerson(connection, person);
  return { status: 'committed', number };
}

function rememberChange(
  connection: Connection,
  { id, at }: Change,
  requestId: string | null,
): CommitResult | undefined {
  if (connection.run(INSERT_CHANGE, { id, requestId, at }) > 0) return undefined;
  const first = connection.get(FIND_CHANGE, { id }) as Pick<OnceKey, 'requestId'>;
  return duplicate('change', { ...first, fingerprint: null });
}

function takeOnceKeys(connection: Connection, { onceKeys = [] }: Change): CommitResult | undefined {
  for (const onceKey of onceKeys) {
    if (connection.run(INSERT_ONCE_KEY, { ...onceKey }) > 0) continue;
    return duplicate(onceKey.kind, connection.get(FIND_ONCE_KEY, { ...onceKey }) as OnceKey);
  }
  return undefined;
}

/** Ends or holds the job of the change. False if it is no longer under this lease. */
function settleJob(connection: Connection, { ack }: Change): boolean {
  if (!ack) return true;
  const { key, fence, done } = ack;
  return done
    ? finishJob(connection, { key, fence })
    : connection.run(HOLD_JOB, { key, fence }) > 0;
}

/** Returns the number of the request, 0 without a request; undefined if the guard fails. */
function writeRequest(connection: Connection, { request, guard }: Change): number | undefined {
  if (!guard) return request ? connection.insert(INSERT_REQUEST, requestColumns(request)) : 0;
  const { requestId, version } = guard;
  const seen = connection.get(CHECK_VERSION, { requestId, version }) as
    { number: number } | undefined;
  if (seen && request) {
    connection.run(UPDATE_REQUEST, {
      number: seen.number,
      version: request.version,
      state: request.state,
      progress: progressPart(request),
    });
  }
  return seen?.number;
}

/** False if this word of the person on this stage exists. */
function addDecision(connection: Connection, { decision }: Change): boolean {
  return !decision || connection.run(INSERT_DECISION, decisionColumns(decision)) > 0;
}

function duplicate(
  of: OnceKeyKind | 'change' | 'decision',
  { requestId, fingerprint }: Pick<OnceKey, 'requestId' | 'fingerprint'>,
): CommitResult {
  return { status: 'duplicate', of, requestId, fingerprint };
}
