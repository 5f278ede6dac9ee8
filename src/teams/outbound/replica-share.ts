import { startLoop } from '../../lib/loop.ts';
import type { Running } from '../../lib/loop.ts';
import type { Basics } from '../../usecases/ports/basics.ts';
import type { LeaseStore } from '../../usecases/ports/lease-store.ts';
import { TENANT_WINDOW } from './call-windows.ts';

const PREFIX = 'replica:';
/** Heartbeats during one lease. */
const BEATS = 4;

/** This replica's share of the calls in the tenant's window. */
export interface ReplicaShare extends Running {
  /** 0: no calls at the moment. */
  calls(): number;
}

/**
 * Splits the tenant's window evenly over the live replicas. Each one renews a lease as its
 * heartbeat and counts the leases of all. The shares never add up to more than the window:
 *
 * - A replica that starts beside others waits for the time of one lease: then every other replica
 *   has counted it, or has lost its own lease.
 * - A replica whose lease has expired makes no calls: the others use its share.
 * - A larger share counts from the second heartbeat on: then the calls of a replica that left are
 *   outside the window.
 */
export function startReplicaShare(
  given: Basics & {
    leases: Pick<LeaseStore, 'takeLease' | 'releaseLease' | 'countLeases'>;
    leaseMs: number;
    /** Called after each heartbeat. */
    changed: () => void;
  },
): ReplicaShare {
  const { leases, clock, log, leaseMs } = given;
  const holder = given.ids.next('rep', clock.now());
  const name = `${PREFIX}${holder}`;
  const beatMs = Math.ceil(leaseMs / BEATS);
  let counts: { last: number; before: number } | undefined;
  let mayStartAt = 0;
  let aliveUntil = 0;
  const beat = async () => {
    const askedAt = clock.now();
    await leases.takeLease({ name, holder, leaseMs, now: askedAt });
    const alive = await leases.countLeases({ prefix: PREFIX, now: askedAt });
    if (counts === undefined && alive > 1) mayStartAt = clock.now() + leaseMs;
    counts = { last: alive, before: counts?.last ?? alive };
    aliveUntil = askedAt + leaseMs;
    given.changed();
    return beatMs;
  };
  const loop = startLoop({
    turn: beat,
    failed: (error) => log.warn('the heartbeat was not written', { error }),
    failureRestMs: beatMs,
  });
  return {
    wake: loop.wake,
    calls() {
      const now = clock.now();
      if (counts === undefined || now < mayStartAt || now >= aliveUntil) return 0;
      return Math.max(1, Math.floor(TENANT_WINDOW.calls / Math.max(counts.last, counts.before)));
    },
    async stop() {
      await loop.stop();
      await leases.releaseLease({ name, holder, now: clock.now() }).catch((error: unknown) => {
        log.warn('the heartbeat was not released; it runs out by itself', { error });
      });
    },
  };
}
