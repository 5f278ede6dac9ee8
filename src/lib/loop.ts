/** A background loop; `stop` resolves when its last turn has ended. */
export interface Running {
  /** Starts the next turn of a waiting loop at once. */
  wake(): void;
  stop(): Promise<void>;
}

/**
 * Runs `turn` again and again, one at a time. A turn returns the delay before the next one in ms.
 * After a turn that throws, calls `failed` and waits `failureRestMs`.
 */
export function startLoop(options: {
  turn: () => Promise<number>;
  failed: (error: unknown) => void;
  failureRestMs: number;
}): Running {
  let stopping = false;
  let waking = new AbortController();
  const run = async () => {
    while (!stopping) {
      waking = new AbortController();
      let restMs = options.failureRestMs;
      try {
        restMs = await options.turn();
      } catch (error) {
        options.failed(error);
      }
      await sleep(restMs, waking.signal);
    }
  };
  const done = run();
  const wake = () => waking.abort();
  return {
    wake,
    stop: () => {
      stopping = true;
      wake();
      return done;
    },
  };
}

/** Resolves after `ms`, or at once when `signal` aborts. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const timer = setTimeout(finish, ms);
    function finish() {
      clearTimeout(timer);
      signal?.removeEventListener('abort', finish);
      resolve();
    }
    signal?.addEventListener('abort', finish, { once: true });
  });
}

/** Resolves when `signal` aborts; never without one. */
export function aborted(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    signal?.addEventListener('abort', () => resolve(), { once: true });
  });
}
