import type { Clock } from '../../lib/clock.ts';
import { sha256 } from '../../lib/hash.ts';
import type { Ids } from '../../lib/ids.ts';
import type { Logger } from '../../lib/logger.ts';
import type { LeaseStore } from '../../usecases/ports/lease-store.ts';
import type { Call } from './connector-call.ts';
import type { ConnectorClient } from './connector-clients.ts';
import { deliveryError, isTransient, readFailure } from './delivery-failure.ts';
import type { Failure } from './delivery-failure.ts';
import type { ReplicaShare } from './replica-share.ts';
import { createTenantTurns } from './tenant-turns.ts';
import type { TenantTurns } from './tenant-turns.ts';
import { ThreadQueue } from './thread-queue.ts';
import { createWaitingCalls } from './waiting-calls.ts';

/** Makes calls as fast as Teams' rate limits allow. */
export interface ThrottledClient {
  /** Null where there was nothing to send. Errors: DeliveryError, and what `prepare` throws. */
  call<Content, Value>(call: Call<Content, Value>): Promise<Value | Extract<Content, null>>;
  /** Calls that wait now, and for how long (ms) the one has that is due for longest. */
  waiting(): { readonly calls: number; readonly longestMs: number };
  /** The share of the tenant's window may have changed. */
  shareChanged(): void;
  /** Resolves when nothing waits or is under way. */
  settled(): Promise<void>;
}

export interface ThrottledClientOptions {
  client(serviceUrl: string): Promise<ConnectorClient>;
  readonly leases: Pick<LeaseStore, 'takeLease' | 'releaseLease'>;
  /** How long a thread stays with a process that was killed. */
  readonly leaseMs: number;
  readonly share: Pick<ReplicaShare, 'calls'>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
  /** Rests until a turn may have come; ends at once when `signal` aborts. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Rests between two tries. */
  readonly wait: (ms: number) => Promise<void>;
  /** How long one call may take, its answer read to the end. */
  readonly timeoutMs: number;
}

const TRIES = 3;
/** Longer rests are the job's: it gives its worker back and comes again. */
const MAX_BACKOFF_MS = 3_000;
const BACKOFF_MS = 400;

/** How a call ended; `made` false: nothing was sent. No call in its thread before `restUntil`. */
type Ended<Value> = { readonly made: boolean; readonly restUntil: number } & (
  { readonly value: Value } | { readonly failure: Failure; readonly cause: unknown }
);

/**
 * The way out to Teams. Each call waits for its turn in the queue of its thread and is made; where
 * Teams says that the failure is transient, it is made again with jitter. A call without an answer
 * is not repeated here: Teams may have taken it.
 */
export function createThrottledClient(given: ThrottledClientOptions): ThrottledClient {
  const { clock, ids, wait } = given;
  const queues = new Map<string, ThreadQueue>();
  const tenants = new Map<string, TenantTurns>();
  const waits = createWaitingCalls(given);
  const shareChanged = () => queues.forEach((queue) => queue.wake());
  const tenantOf = (tenantId: string) => {
    const calls = () => given.share.calls();
    const tenant =
      tenants.get(tenantId) ?? createTenantTurns({ clock, calls, changed: shareChanged });
    tenants.set(tenantId, tenant);
    return tenant;
  };
  const queueOf = (thread: string, tenantId: string) => {
    const name = `thread:${sha256(threadKey(thread))}`;
    const key = `${tenantId} ${name}`;
    const queue =
      queues.get(key) ??
      new ThreadQueue({
        ...given,
        name,
        tenant: tenantOf(tenantId),
        newHolder: () => ids.next('post', clock.now()),
        idle: () => queues.delete(key),
      });
    queues.set(key, queue);
    return queue;
  };
  const inTurn = <Content, Value>(call: Call<Content, Value>) =>
    waits.inTurn(call, queueOf(call.thread, call.tenantId), async () => {
      const ended = await makeOnce(given, call);
      if (!('failure' in ended) || !ended.failure.ofTenant) return ended;
      tenantOf(call.tenantId).rest(ended.restUntil);
      return { ...ended, restUntil: 0 };
    });
  const backoff = (tried: number) => BACKOFF_MS * 2 ** tried * (0.5 + Number(ids.code(3)) / 1_000);
  return {
    waiting: waits.waiting,
    shareChanged,
    async settled() {
      await Promise.all([...queues.values()].map((queue) => queue.settled()));
    },
    async call(call) {
      for (let tried = 1; ; tried += 1) {
        const ended = await inTurn(call);
        if ('value' in ended) return ended.value;
        const { made, failure, cause } = ended;
        if (!made) throw cause;
        const waitMs = failure.retryAfterMs ?? backoff(tried);
        if (!isTransient(failure) || tried === TRIES || waitMs > MAX_BACKOFF_MS) {
          throw deliveryError(call.what, failure, cause);
        }
        await wait(waitMs);
      }
    },
  };
}

/** Makes the call, whose turn has come. */
async function makeOnce<Content, Value>(
  { clock, client, timeoutMs }: ThrottledClientOptions,
  call: Call<Content, Value>,
): Promise<Ended<Value | Extract<Content, null>>> {
  let made = false;
  try {
    const content = await call.prepare();
    if (isNull(content)) return { made, restUntil: 0, value: content };
    made = true;
    // The client's own time-out ends with the headers, and its timer outlives an error.
    const options = { abortSignal: AbortSignal.timeout(timeoutMs) };
    const connector = await client(call.serviceUrl);
    const value = await call.make(connector, content as Exclude<Content, null>, options);
    return { made, restUntil: 0, value };
  } catch (cause) {
    const failure = readFailure(cause, clock.now());
    const { retryAfterMs } = failure;
    const restUntil = retryAfterMs === null ? 0 : clock.now() + retryAfterMs;
    return { made, restUntil, failure, cause };
  }
}

function isNull<Content>(content: Content): content is Extract<Content, null> {
  return content === null;
}

/** A channel counts with all of its reply chains, whose ids are its own with a message's. */
function threadKey(thread: string): string {
  return thread.split(';messageid=')[0] ?? thread;
}
