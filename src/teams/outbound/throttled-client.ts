import { joinedKey } from '../../lib/joined-key.ts';
import type { Basics } from '../../usecases/ports/basics.ts';
import type { ConnectorClient } from './connector-clients.ts';
import { deliveryError, isTransient, readFailure } from './delivery-failure.ts';
import type { Failure } from './delivery-failure.ts';
import type { ReplicaShare } from './replica-share.ts';
import { createTenantTurns } from './tenant-turns.ts';
import type { TenantTurns } from './tenant-turns.ts';
import { ThreadQueue } from './thread-queue.ts';
import type { ThreadQueueOptions } from './thread-queue.ts';
import { createWaitingCalls } from './waiting-calls.ts';
import type { Waits } from './waiting-calls.ts';

/** A call to the Bot Connector, and the limits that it counts against. */
export interface Call<Content, Value> extends Waits {
  readonly serviceUrl: string;
  /** The conversation, or the place where a new one is created. */
  readonly thread: string;
  readonly tenantId: string;
  /** Creates the content when the turn has come; null: nothing is to be sent any more. */
  prepare(): Promise<Content>;
  make(
    client: ConnectorClient,
    content: Exclude<Content, null>,
    options: { abortSignal: AbortSignal },
  ): Promise<Value>;
}

export type ThrottledClient = ReturnType<typeof createThrottledClient>;

export interface ThrottledClientOptions
  extends Basics, Pick<ThreadQueueOptions, 'leases' | 'leaseMs' | 'pause'> {
  client(serviceUrl: string): Promise<ConnectorClient>;
  /** Keyed hash for the names of leases: the id of a chat is personal. */
  readonly threadMac: (text: string) => string;
  readonly share: Pick<ReplicaShare, 'calls'>;
  /** Waits between two tries. */
  readonly wait: (ms: number) => Promise<void>;
  /** The time limit of one call with its complete answer. */
  readonly timeoutMs: number;
}

const TRIES = 3;
/** The job waits for a longer delay, without a worker. */
const MAX_BACKOFF_MS = 3_000;
const BACKOFF_MS = 400;

/** The result of a call; `made` false: not sent. No call in its thread before `restUntil`. */
type Ended<Value> = { readonly made: boolean; readonly restUntil: number } & (
  { readonly value: Value } | { readonly failure: Failure; readonly cause: unknown }
);

/**
 * The client for all calls to Teams, as fast as its rate limits allow. A call waits for its turn in the queue of its thread. A
 * transient failure is retried with jitter. A call without an answer is not retried here, because
 * Teams may have carried it out.
 */
export function createThrottledClient(given: ThrottledClientOptions) {
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
    const name = `thread:${given.threadMac(threadKey(thread))}`;
    const key = joinedKey(tenantId, name);
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
    /** To be called when the share of the tenant's window may have changed. */
    shareChanged,
    /** Resolves when no call waits or is pending. */
    async settled(): Promise<void> {
      await Promise.all([...queues.values()].map((queue) => queue.settled()));
    },
    /** Returns null if nothing was to be sent. Errors: DeliveryError, and those of `prepare`. */
    async call<Content, Value>(
      call: Call<Content, Value>,
    ): Promise<Value | Extract<Content, null>> {
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
    // The client's own time-out covers the headers alone, and its timer remains after an error.
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

/** All reply chains of a channel count as one thread; their ids begin with the channel's. */
function threadKey(thread: string): string {
  return thread.split(';messageid=')[0] ?? thread;
}
