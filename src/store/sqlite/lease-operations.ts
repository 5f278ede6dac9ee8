import type { LeaseBefore, LeaseStore } from '../../usecases/ports/lease-store.ts';
import { DELETE_LEASE, FIND_LEASE, LEAVE_LEASE, PUT_LEASE } from './queries/leases.ts';
import type { Session } from './session.ts';

const NONE: LeaseBefore = { holder: null, until: 0, note: null };

/** Takes or extends a lease. Returns the row before; undefined if another holder has it. */
export function takeLease(
  session: Session,
  { name, holder, leaseMs, now, note = null }: Parameters<LeaseStore['takeLease']>[0],
): Awaited<ReturnType<LeaseStore['takeLease']>> {
  const before = (session.get(FIND_LEASE, { name }) as LeaseBefore | undefined) ?? NONE;
  if (before.holder !== null && before.holder !== holder && before.until > now) return undefined;
  const until = now + leaseMs;
  session.run(PUT_LEASE, { name, holder, until, note });
  return { until, before: { ...before } };
}

/** Ends a holder's lease. Keeps the row if there is a note. */
export function releaseLease(
  session: Session,
  { name, holder, now, note = null }: Parameters<LeaseStore['releaseLease']>[0],
): void {
  if (note === null) session.run(DELETE_LEASE, { name, holder });
  else session.run(LEAVE_LEASE, { now, note, name, holder });
}
