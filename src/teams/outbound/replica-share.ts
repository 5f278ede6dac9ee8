import type { Clock } from '../../lib/clock.ts';
import type { Ids } from '../../lib/ids.ts';
import type { Logger } from '../../lib/logger.ts';
import { startLoop } from '../../lib/loop.ts';
import type { Running } from '../../lib/loop.ts';
import type { LeaseStore } from '../../usecases/ports/lease-store.ts';
import { TENANT_WINDOW } from './call-windows.ts';

const PREFIX = 'replica:';
/** Heartbeats in the time of one lease. */
const BEATS = 4;

/** How many calls in the tenant's window are this replica's. */
export interface ReplicaShare extends Running {
  /** 0: none for the moment. */
  calls(): number;
}

/**
 * Splits the tenant's window evenly over the replicas that are alive. Each keeps a lease of its own
 * as its heartbeat and counts the others'. Nobody may use more than the others know of:
 *
 * - A replica that is not alone when it starts waits for one lease: by then every other one has
 *   counted it, or its lease has run out.
 * - A replica whose own lease has run out makes no calls: the others share them by now.
 * - A larger share is used from the second heartbeat on that allows it: what a replica that left
 *   has sent is out of the window by then.
 */
export function startReplicaShare(given: {
  leases: Pick<LeaseStore, 'takeLease' | 'releaseLease' | 'countLeases'>;
  clock: Clock;
  ids: Ids;
  log: Logger;
  leaseMs: number;
  /** Called after each heartbeat. */
  changed: () => void;
}): ReplicaShare {
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
