/** Microsoft's documented limits of a bot: per thread and operation, and per app and tenant. */
import { Lru } from '../../lib/lru.ts';

const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;
const THREADS_KEPT = 10_000;

interface Window {
  readonly spanMs: number;
  readonly calls: number;
}

/** Per thread: sending (with updates and deletions) and creating conversations. */
const SEND: readonly Window[] = [
  { spanMs: SECOND_MS, calls: 7 },
  { spanMs: 2 * SECOND_MS, calls: 8 },
  { spanMs: 30 * SECOND_MS, calls: 60 },
  { spanMs: HOUR_MS, calls: 1_800 },
];
/** Reading members: twice as many. */
const READ = SEND.map(({ spanMs, calls }) => ({ spanMs, calls: calls * 2 }));
const TENANT: readonly Window[] = [{ spanMs: SECOND_MS, calls: 50 }];

export type Operation = 'send' | 'create' | 'read';

export type RateLimiter = ReturnType<typeof rateLimiter>;

/** Creates a limiter with the given clock. It counts the calls without the refused ones. */
export function rateLimiter(now: () => number) {
  const threads = new Lru<number[]>(THREADS_KEPT);
  const tenant: number[] = [];
  return {
    /** Counts one call; gives the whole seconds to wait, or undefined when it may pass. */
    take(operation: Operation, thread: string): number | undefined {
      const key = `${operation} ${thread}`;
      const past = threads.get(key) ?? [];
      const nowMs = now();
      const windows = operation === 'read' ? READ : SEND;
      const waitMs = Math.max(waitFor(past, windows, nowMs), waitFor(tenant, TENANT, nowMs));
      if (waitMs > 0) return Math.ceil(waitMs / SECOND_MS);
      past.push(nowMs);
      tenant.push(nowMs);
      threads.set(key, past);
      return undefined;
    },
  };
}

// Drops calls outside every window, then finds when the oldest call leaves each full window.
function waitFor(past: number[], windows: readonly Window[], nowMs: number): number {
  const widest = Math.max(...windows.map(({ spanMs }) => spanMs));
  const live = past.findIndex((at) => at > nowMs - widest);
  past.splice(0, live === -1 ? past.length : live);
  let waitMs = 0;
  for (const { spanMs, calls } of windows) {
    const oldest = past[past.length - calls];
    if (oldest !== undefined) waitMs = Math.max(waitMs, oldest + spanMs - nowMs);
  }
  return waitMs;
}
