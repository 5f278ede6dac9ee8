import type { AuditStore } from '../../usecases/ports/audit-store.ts';
import type { SignInAttempt, SignInLink, SignInStore } from '../../usecases/ports/sign-in-store.ts';
import type { StoredKey } from '../../usecases/ports/key-store.ts';
import { StoreError } from '../../usecases/ports/store-error.ts';
import { peaksText } from '../rows.ts';
import { commit } from './commit.ts';
import { erase, findNaming } from './erase.ts';
import { finishJob, leaseJobs, releaseJob, renewJobs } from './job-operations.ts';
import {
  DELETE_PENDING,
  INSERT_CHECKPOINT,
  INSERT_LEAF,
  PUT_FRONTIER,
  TREE_SIZE,
} from './queries/audit.ts';
import {
  PURGE_CHANGES,
  PURGE_ONCE_KEYS,
  PURGE_LEASES,
  PURGE_LINKS,
  PURGE_SESSIONS,
  WRITE_CHECK,
} from './queries/housekeeping.ts';
import { INSERT_FIRST_KEY, INSERT_KEY } from './queries/keys.ts';
import {
  BOUND_LINKS,
  INSERT_LINK,
  OPEN_LINK,
  PARK,
  REDEEM,
  TAKE_ATTEMPT,
} from './queries/sign-in.ts';
import { releaseLease, takeLease } from './lease-operations.ts';
import { SESSION_OPERATIONS } from './session-operations.ts';
import type { Connection } from './connection.ts';

const DAY_MS = 86_400_000;
const CHANGES_KEPT_MS = 7 * DAY_MS;
const LINKS_KEPT_MS = DAY_MS;
const LEASES_KEPT_MS = DAY_MS;
const LINKS_OF_A_PERSON = 20;

/** The operations of the writer thread. Each runs in its own savepoint. */
export const OPERATIONS = {
  commit,
  erase,
  findNaming,
  leaseJobs,
  renewJobs,
  ackJob: finishJob,
  releaseJob,
  seal,
  takeLease,
  releaseLease,
  ...SESSION_OPERATIONS,

  addLink(connection: Connection, link: SignInLink): void {
    const { id, tenantId, objectId, requestId, revision, expiresAt, demand } = link;
    connection.run(INSERT_LINK, { id, tenantId, objectId, requestId, revision, expiresAt, demand });
    connection.run(BOUND_LINKS, { tenantId, objectId, id, kept: LINKS_OF_A_PERSON - 1 });
  },

  openLink(
    connection: Connection,
    { id, attempt, now }: { id: string; attempt: SignInAttempt; now: number },
  ): SignInLink | undefined {
    const { state, browser, nonce, verifier } = attempt;
    return connection.get(OPEN_LINK, { state, browser, nonce, verifier, id, now }) as
      SignInLink | undefined;
  },

  takeAttempt(
    connection: Connection,
    { state, now }: { state: string; now: number },
  ): (SignInLink & SignInAttempt) | undefined {
    return connection.get(TAKE_ATTEMPT, { state, now }) as (SignInLink & SignInAttempt) | undefined;
  },

  park(
    connection: Connection,
    {
      linkId,
      code,
      identity,
      now,
    }: { linkId: string; code: string; identity: string; now: number },
  ): void {
    connection.run(PARK, { code, identity, linkId, now });
  },

  redeem(
    connection: Connection,
    { key, now }: { key: Parameters<SignInStore['redeem']>[0]; now: number },
  ): (SignInLink & { readonly identity: string }) | undefined {
    const { code, tenantId, objectId } = key;
    return connection.get(REDEEM, { code, tenantId, objectId, now }) as
      (SignInLink & { readonly identity: string }) | undefined;
  },

  addFirstKey(connection: Connection, { purpose, id, encrypted, createdAt }: StoredKey): boolean {
    return connection.run(INSERT_FIRST_KEY, { purpose, id, encrypted, createdAt }) > 0;
  },

  addKey(connection: Connection, { purpose, id, encrypted, createdAt }: StoredKey): void {
    connection.run(INSERT_KEY, { purpose, id, encrypted, createdAt });
  },

  purge(connection: Connection, { now, limit }: { now: number; limit: number }): number {
    return (
      connection.run(PURGE_ONCE_KEYS, { before: now, limit }) +
      connection.run(PURGE_CHANGES, { before: now - CHANGES_KEPT_MS, limit }) +
      connection.run(PURGE_LEASES, { before: now - LEASES_KEPT_MS, limit }) +
      connection.run(PURGE_LINKS, { before: now - LINKS_KEPT_MS, limit }) +
      connection.run(PURGE_SESSIONS, { before: now, limit })
    );
  },

  check(connection: Connection, now: number): void {
    connection.run(WRITE_CHECK, { now });
  },
} satisfies Record<string, (connection: Connection, input: never) => unknown>;

export type Operations = typeof OPERATIONS;
export type OperationName = keyof Operations;
export type InputOf<Name extends OperationName> = Parameters<Operations[Name]>[1];
export type OutputOf<Name extends OperationName> = ReturnType<Operations[Name]>;

/** Whether the answer of an operation requires a rollback of its writes. */
export function mustRollBack(output: unknown): boolean {
  if (Array.isArray(output)) return output.length === 0;
  if (typeof output !== 'object' || output === null || !('status' in output)) return false;
  return output.status !== 'committed';
}

/** Inserts leaves and their checkpoint if the log has the expected size. */
function seal(
  connection: Connection,
  { expectedSize, leaves, checkpoint, peaks }: Parameters<AuditStore['seal']>[0],
): boolean {
  const { size } = connection.get(TREE_SIZE) as { size: number };
  if (size !== expectedSize) return false;
  for (const [offset, { index, eventId, hash }] of leaves.entries()) {
    if (index !== expectedSize + offset) throw unsealable(`leaf ${index} leaves a gap`);
    connection.run(INSERT_LEAF, { index, eventId, hash });
    if (connection.run(DELETE_PENDING, { eventId }) === 0) {
      throw unsealable(`event ${eventId} does not wait to be sealed`);
    }
  }
  if (checkpoint.size !== expectedSize + leaves.length) {
    throw unsealable(`the checkpoint speaks of ${checkpoint.size} leaves`);
  }
  const { root, at, jws } = checkpoint;
  connection.run(INSERT_CHECKPOINT, { size: checkpoint.size, root, at, jws });
  connection.run(PUT_FRONTIER, { size: checkpoint.size, peaks: peaksText(peaks) });
  return true;
}

function unsealable(why: string): StoreError {
  return new StoreError('store_rejected', `The audit log was not sealed: ${why}.`);
}
