import type { LeaseBefore, LeaseStore } from '../../usecases/ports/lease-store.ts';
import { DELETE_LEASE, FIND_LEASE, LEAVE_LEASE, PUT_LEASE } from './queries/leases.ts';
import type { Connection } from './connection.ts';

const NONE: LeaseBefore = { holder: null, until: 0, note: null };

/** Takes or extends a lease. Returns the row before; undefined if another holder has it. */
export function takeLease(
  connection: Connection,
  { name, holder, leaseMs, now, note = null }: Parameters<LeaseStore['takeLease']>[0],
): Awaited<ReturnType<LeaseStore['takeLease']>> {
  const before = (connection.get(FIND_LEASE, { name }) as LeaseBefore | undefined) ?? NONE;
  if (before.holder !== null && before.holder !== holder && before.until > now) return undefined;
  const until = now + leaseMs;
  connection.run(PUT_LEASE, { name, holder, until, note });
  return { until, before: { ...before } };
}

/** Ends a holder's lease. Keeps the row if there is a note. */
export function releaseLease(
  connection: Connection,
  { name, holder, now, note = null }: Parameters<LeaseStore['releaseLease']>[0],
): void {
  if (note === null) connection.run(DELETE_LEASE, { name, holder });
  else connection.run(LEAVE_LEASE, { now, note, name, holder });
}
