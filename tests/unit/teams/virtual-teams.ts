import { systemIds } from '../../../src/lib/ids.ts';
import { silentLogger } from '../../../src/lib/logger.ts';
import type { ConnectorClient } from '../../../src/teams/outbound/connector-clients.ts';
import { createThrottledClient } from '../../../src/teams/outbound/throttled-client.ts';
import type {
  ThrottledClient,
  ThrottledClientOptions,
} from '../../../src/teams/outbound/throttled-client.ts';
import type { LeaseStore } from '../../../src/usecases/ports/lease-store.ts';
import { DeliveryError } from '../../../src/usecases/ports/delivery-error.ts';

/** A time that passes only when everything rests, and what happens in it. */
export class VirtualTime {
  now = 1_763_000_000_000;
  #events: { at: number; run: () => void }[] = [];

  /** Resolves after `ms`, or `signal`. */
  after(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#events.push({ at: this.now + ms, run: resolve });
      signal?.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  /** Lets time pass until `done` has settled; throws what it rejects with. */
  async until<Done>(done: Promise<Done>): Promise<Done> {
    let over = false;
    const end = () => {
      over = true;
    };
    done.then(end, end);
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (over) return done;
      this.#events.sort((a, b) => a.at - b.at);
      const next = this.#events.shift();
      if (next === undefined) throw new Error('nothing will ever happen again');
      this.now = Math.max(this.now, next.at);
      next.run();
    }
  }
}

/** One call as Teams received it. */
export interface Received {
  readonly thread: string;
  readonly name: string;
  readonly madeAt: number;
  readonly at: number;
}

export interface VirtualOptions {
  readonly time: VirtualTime;
  readonly leases: LeaseStore;
  /** How late a timer fires (ms); default 0. */
  readonly lateMs?: () => number;
  /** How long a call is on its way, and its answer (ms); default 0. */
  readonly travelMs?: () => number;
  /** Seconds of Retry-After that Teams answers a call with; undefined: it takes the call. */
  readonly refuse?: (thread: string, callsBefore: number) => number | undefined;
  /** What Teams says then. */
  readonly refusal?: (thread: string) => string;
  readonly share?: ThrottledClientOptions['share'];
  /** How far this process's clock is ahead (ms); default 0. */
  readonly aheadMs?: number;
  /** What it logs at `warn`. */
  readonly warned?: string[];
}

/** The client in virtual time, with Teams at its other end. */
export interface VirtualTeams {
  readonly client: ThrottledClient;
  readonly received: Received[];
  /** Makes a call as a job does: refused, it comes again when it was told to. */
  job(thread: string, name: string): Promise<void>;
  /** Makes one call; with the name null it is not wanted any more when its turn comes. */
  call(given: {
    thread: string;
    name: string | null;
    priority?: number;
    dueAt?: number;
    maxWaitMs?: number;
  }): Promise<void | null>;
  /** From now on nothing happens in this process any more. */
  kill(): void;
}

/** Teams may be shared by clients of several processes: `received` is of all that get it. */
export function virtualTeams(options: VirtualOptions, received: Received[] = []): VirtualTeams {
  const { time, lateMs = () => 0, travelMs = () => 0, refuse = () => undefined } = options;
  let dead = false;
  const after = async (ms: number, signal?: AbortSignal) => {
    await time.after(ms, signal);
    if (dead) await new Promise(() => undefined);
  };
  const wait = (ms: number, signal?: AbortSignal) => after(ms + lateMs(), signal);
  const client = createThrottledClient({
    client: async () => ({}) as ConnectorClient,
    leases: options.leases,
    threadMac: (text) => text,
    leaseMs: 4_000,
    share: options.share ?? { calls: () => 50 },
    clock: { now: () => time.now + (options.aheadMs ?? 0) },
    ids: systemIds,
    log: { ...silentLogger, warn: (message) => void options.warned?.push(message) },
    pause: wait,
    wait,
    timeoutMs: 10_000,
  });
  const send = async (thread: string, name: string) => {
    const madeAt = time.now;
    await after(travelMs());
    const before = received.filter((call) => call.thread === thread).length;
    received.push({ thread, name, madeAt, at: time.now });
    await after(travelMs());
    const restSeconds = refuse(thread, before);
    if (restSeconds === undefined) return;
    const headers = new Headers({ 'retry-after': String(restSeconds) });
    const message = options.refusal?.(thread) ?? 'Too many requests';
    throw Object.assign(new Error(message), { statusCode: 429, response: { headers } });
  };
  const call: VirtualTeams['call'] = ({ thread, name, priority = 1, maxWaitMs = 60_000, dueAt }) =>
    client.call({
      what: 'a message',
      serviceUrl: 'https://teams.example',
      thread,
      tenantId: 'contoso',
      priority,
      maxWaitMs,
      turn: {
        dueAt: dueAt ?? time.now,
        aside: () => undefined,
        signal: new AbortController().signal,
      },
      prepare: async () => name,
      make: (_client, content) => send(thread, content),
    });
  return {
    client,
    received,
    call,
    kill: () => {
      dead = true;
    },
    async job(thread, name) {
      const dueAt = time.now;
      for (;;) {
        try {
          await call({ thread, name, dueAt });
          return;
        } catch (error) {
          if (!(error instanceof DeliveryError) || error.retryAfterMs === null) throw error;
          await wait(error.retryAfterMs);
        }
      }
    },
  };
}
