import type { Clock } from '../../lib/clock.ts';
import type { Ids } from '../../lib/ids.ts';
import { DeliveryError } from '../../usecases/ports/ports.ts';
import type { ConnectorClient } from './connector-clients.ts';
import { deliveryError, isPassing, readFailure } from './delivery-failure.ts';
import { LATE_MS, ownLimits } from './limits.ts';
import type { Limits } from './limits.ts';
import { TENANT_WINDOWS, THREAD_WINDOWS } from './rate-limit.ts';

/** One call of the Bot Connector and what it counts against. */
export interface Call<Value> {
  /** Names the call in errors. */
  readonly what: string;
  readonly serviceUrl: string;
  /** The conversation, or what a new one is made in. */
  readonly thread: string;
  readonly tenantId: string;
  /** Longest wait (ms) for its turn; what would wait longer is told when its turn is. */
  readonly patienceMs: number;
  make(client: ConnectorClient, options: { abortSignal: AbortSignal }): Promise<Value>;
}

/** Makes calls as fast as Teams allows. Errors: DeliveryError. */
export interface Outbox {
  call<Value>(call: Call<Value>): Promise<Value>;
}

const TRIES = 3;
/** Longer rests are the job's: it gives its worker back and comes again. */
const MAX_BACKOFF_MS = 3_000;
const BACKOFF_MS = 400;
/** Turns that one call may let pass, as it woke too late for them, and the one that it takes. */
const MOST_TURNS = 3;

/**
 * The way out to Teams: waits for the rate limits, makes the call, and makes it again with jitter
 * where Teams says that it will pass. What got no answer is not repeated here, as it may have been
 * taken.
 */
export function createOutbox(given: {
  client(serviceUrl: string): Promise<ConnectorClient>;
  clock: Clock;
  ids: Ids;
  wait(ms: number): Promise<void>;
  /** How long one call may take, its answer read to the end. */
  timeoutMs: number;
  /** Those of all replicas; default: of this process alone. */
  limits?: Limits;
}): Outbox {
  const { clock, wait } = given;
  const limits = given.limits ?? ownLimits(clock);
  const booking = async ({ what, thread, tenantId, patienceMs }: Call<unknown>) => {
    const keys = [
      { key: threadKey(thread), windows: THREAD_WINDOWS },
      { key: `tenant ${tenantId}`, windows: TENANT_WINDOWS },
    ];
    for (let tried = 1; ; tried += 1) {
      const { ok, waitMs } = await limits.book(keys, patienceMs);
      if (!ok) {
        throw new DeliveryError(`Teams' rate limit leaves no room for ${what}`, {
          gone: false,
          retryAfterMs: waitMs,
          tried: false,
        });
      }
      if (waitMs <= 0) return;
      const due = clock.now() + waitMs;
      await wait(waitMs);
      // Whoever wakes late is too near to those whose turns come next, and takes another one.
      if (clock.now() - due <= LATE_MS || tried === MOST_TURNS) return;
    }
  };
  const backoff = (tried: number) =>
    BACKOFF_MS * 2 ** tried * (0.5 + Number(given.ids.code(3)) / 1_000);
  return {
    async call(call) {
      for (let tried = 1; ; tried += 1) {
        await booking(call);
        try {
          const client = await given.client(call.serviceUrl);
          // The client's own time-out ends with the headers, and its timer outlives an error.
          return await call.make(client, { abortSignal: AbortSignal.timeout(given.timeoutMs) });
        } catch (error) {
          const failure = readFailure(error, clock.now());
          if (failure.status === 429 && failure.retryAfterMs !== null) {
            await limits.rest(threadKey(call.thread), clock.now() + failure.retryAfterMs);
          }
          const waitMs = Math.max(backoff(tried), failure.retryAfterMs ?? 0);
          if (!isPassing(failure) || tried === TRIES || waitMs > MAX_BACKOFF_MS) {
            throw deliveryError(call.what, failure, error);
          }
          await wait(waitMs);
        }
      }
    },
  };
}

/** A channel counts with all of its reply chains, whose ids are its own with a message's. */
function threadKey(thread: string): string {
  return `thread ${thread.split(';messageid=')[0]}`;
}
