import type { Basics } from '../../usecases/ports/basics.ts';
import { DeliveryError } from '../../usecases/ports/delivery-error.ts';
import type { Turn } from '../../usecases/ports/notifier.ts';
import type { ThreadQueue, WaitingCall } from './thread-queue.ts';

/** How a call waits for its turn. */
export interface Waits {
  /** Names the call in errors. */
  readonly what: string;
  /** The lowest value in a thread goes first; for equal values the earlier due time. */
  readonly priority: number;
  /** The maximum wait for its turn (ms); then it is rejected with the time of its retry. */
  readonly maxWaitMs: number;
  /** Absent: due now, and the caller occupies its worker while it waits. */
  readonly turn?: Turn | undefined;
}

type Ended = Awaited<ReturnType<WaitingCall['run']>>;

/** The maximum number of waiting calls. */
const MAX_WAITING = 2_000;
const FULL_REST_MS = 2_000;
const WARN_AFTER_MS = 60_000;

/** Counts and limits waiting calls, and warns when one waits for more than a minute. */
export function createWaitingCalls({ clock, log }: Pick<Basics, 'clock' | 'log'>) {
  const all = new Set<WaitingCall>();
  let warnedAt = -Infinity;
  const warn = (what: string, waitedMs: number) => {
    if (waitedMs <= WARN_AFTER_MS || clock.now() - warnedAt <= WARN_AFTER_MS) return;
    warnedAt = clock.now();
    log.warn("calls wait long for their turn under Teams' rate limits", {
      what,
      waitedMs,
      waiting: all.size,
    });
  };
  return {
    /** The number of waiting calls, and the longest wait since a due time (ms). */
    waiting() {
      const since = Math.min(...[...all].map(({ dueAt }) => dueAt));
      return { calls: all.size, longestMs: all.size === 0 ? 0 : clock.now() - since };
    },
    /** Waits for the turn, then runs `make`, which never rejects. Rejects if the queue refuses it. */
    inTurn: <Made extends Ended>(
      { what, priority, maxWaitMs, turn }: Waits,
      queue: ThreadQueue,
      make: () => Promise<Made>,
    ) =>
      new Promise<Made>((resolve, reject) => {
        const now = clock.now();
        const over = Promise.withResolvers<void>();
        const leave = () => {
          all.delete(waited);
          over.resolve();
          turn?.signal.removeEventListener('abort', giveUp);
          warn(what, clock.now() - waited.dueAt);
        };
        const waited: WaitingCall = {
          priority,
          dueAt: turn?.dueAt ?? now,
          giveUpAt: now + maxWaitMs,
          async run() {
            leave();
            const made = await make();
            resolve(made);
            return made;
          },
          refuse(retryAt) {
            leave();
            reject(refusal(what, Math.max(0, retryAt - clock.now())));
          },
        };
        const giveUp = () => {
          if (queue.remove(waited)) waited.refuse(clock.now());
        };
        if (all.size >= MAX_WAITING) return waited.refuse(now + FULL_REST_MS);
        if (turn?.signal.aborted === true) return waited.refuse(now);
        all.add(waited);
        turn?.signal.addEventListener('abort', giveUp, { once: true });
        turn?.aside(over.promise);
        queue.push(waited);
      }),
  };
}

function refusal(what: string, retryAfterMs: number): DeliveryError {
  return new DeliveryError(`Teams' rate limits leave no room for ${what}`, {
    retryAfterMs,
    tried: false,
  });
}
