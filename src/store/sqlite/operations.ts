import type { AuditStore } from '../../usecases/ports/audit-store.ts';
import type { LeaseBefore, LeaseStore } from '../../usecases/ports/lease-store.ts';
import type { SessionStore } from '../../usecases/ports/session-store.ts';
import type { SignInLink } from '../../usecases/ports/sign-in-store.ts';
import { checkSeal, unsealable } from '../check-writes.ts';
import { peaksText } from '../rows.ts';
import { LINKS_OF_A_PERSON } from '../writes.ts';
import type { Recording } from '../writes.ts';
import { commit } from './commit.ts';
import type { Connection, Row } from './connection.ts';
import { erase, findNaming } from './erase.ts';
import { finishJob, leaseJobs, renewJobs } from './job-operations.ts';
import {
  DELETE_PENDING,
  INSERT_CHECKPOINT,
  INSERT_LEAF,
  PUT_FRONTIER,
  TREE_SIZE,
} from './queries/audit.ts';
import { FIND_LEASE, PUT_LEASE } from './queries/leases.ts';
import { DELETE_OF_OWNER, INSERT_SESSION } from './queries/sessions.ts';
import { BOUND_LINKS, INSERT_LINK } from './queries/sign-in.ts';
import { recordEvents } from './write-rows.ts';

interface Statement {
  readonly sql: string;
  readonly values: Row;
}

/** The operations of the writer thread. Each runs in its own savepoint. */
export const OPERATIONS = {
  commit,
  erase,
  findNaming,
  leaseJobs,
  renewJobs,
  ackJob: finishJob,
  seal,
  takeLease,

  /** Returns the number of changed rows. */
  change(connection: Connection, { sql, values }: Statement): number {
    return connection.run(sql, values);
  },

  /** Returns the changed row. */
  take(connection: Connection, { sql, values }: Statement): unknown {
    return connection.get(sql, values);
  },

  addLink(connection: Connection, link: SignInLink): void {
    connection.run(INSERT_LINK, { ...link });
    connection.run(BOUND_LINKS, { ...link, kept: LINKS_OF_A_PERSON - 1 });
  },

  startSession(
    connection: Connection,
    [session, recorded]: Parameters<SessionStore['startSession']>,
  ): void {
    connection.run(DELETE_OF_OWNER, { ...session });
    connection.run(INSERT_SESSION, { ...session });
    recordEvents(connection, recorded);
  },

  /** Returns the number of changed rows. */
  changeAndRecord(
    connection: Connection,
    { sql, values, recorded, always = false }: Statement & Recording,
  ): number {
    const changed = connection.run(sql, values);
    if (changed > 0 || always) recordEvents(connection, recorded);
    return changed;
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
function seal(connection: Connection, given: Parameters<AuditStore['seal']>[0]): boolean {
  const { expectedSize, leaves, checkpoint, peaks } = given;
  const { size } = connection.get(TREE_SIZE) as { size: number };
  if (size !== expectedSize) return false;
  checkSeal(given);
  for (const leaf of leaves) {
    connection.run(INSERT_LEAF, { ...leaf });
    if (connection.run(DELETE_PENDING, { ...leaf }) === 0) {
      throw unsealable(`event ${leaf.eventId} does not wait to be sealed`);
    }
  }
  connection.run(INSERT_CHECKPOINT, { ...checkpoint });
  connection.run(PUT_FRONTIER, { size: checkpoint.size, peaks: peaksText(peaks) });
  return true;
}

const NONE: LeaseBefore = { holder: null, until: 0, note: null };

/** Takes or extends a lease. Returns the row before; undefined if another holder has it. */
function takeLease(
  connection: Connection,
  { name, holder, leaseMs, now, note = null }: Parameters<LeaseStore['takeLease']>[0],
): Awaited<ReturnType<LeaseStore['takeLease']>> {
  const before = (connection.get(FIND_LEASE, { name }) as LeaseBefore | undefined) ?? NONE;
  if (before.holder !== null && before.holder !== holder && before.until > now) return undefined;
  const until = now + leaseMs;
  connection.run(PUT_LEASE, { name, holder, until, note });
  return { until, before: { ...before } };
}
