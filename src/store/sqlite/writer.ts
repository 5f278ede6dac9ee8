import { clearTimeout, setImmediate, setTimeout } from 'node:timers';
import { Worker } from 'node:worker_threads';
import type { Clock } from '../../lib/clock.ts';
import { describeError } from '../../lib/logger.ts';
import type { Logger } from '../../lib/logger.ts';
import { StoreError } from '../../usecases/ports/store-error.ts';
import { fromWire, storeClosed, toStoreError } from './errors.ts';
import type { Answer, Call } from './group.ts';
import type { InputOf, OperationName, OutputOf } from './operations.ts';
import type { FromWriter, ToWriter, WriterData } from './writer-thread.ts';

/** Passes operations to the writer thread, so that the main thread never waits for the disk. */
export interface Writer {
  /** Resolves when the file is open and migrated. */
  readonly ready: Promise<void>;
  /**
   * Queues an operation; resolves after its commit.
   *
   * @throws StoreError; `store_busy` at once if the queue is full.
   */
  call<Name extends OperationName>(name: Name, input: InputOf<Name>): Promise<OutputOf<Name>>;
  /** Finishes queued operations and ends the thread. Idempotent. */
  close(): Promise<void>;
}

export interface WriterOptions {
  /** Path of the database file; its directory must exist. */
  readonly path: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** How long another process may lock the file before `store_busy` (ms). */
  readonly maxWaitMs: number;
  /** Writes that may wait at once before `store_busy`. */
  readonly queueLimit: number;
}

/** Delay before a dead thread is replaced: a broken disk must not cause a busy loop. */
const RESTART_DELAY_MS = 1_000;
const CLOSE_WITHIN_MS = 15_000;

// The thread's file has the extension of this one: .ts in the sources, .js in a build.
const THREAD = new URL(
  `./writer-thread.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`,
  import.meta.url,
);

interface Waiting {
  resolve(value: unknown): void;
  reject(error: StoreError): void;
}

/** Starts the writer thread. */
export function startWriter(options: WriterOptions): Writer {
  /** Callers in the order of their calls; the thread answers in the same order. */
  let waiting: Waiting[] = [];
  /** Calls not posted yet; their callers are the last in `waiting`. */
  let outbox: Call[] = [];
  let thread: Thread | undefined = startThread(options, { settle, lost });
  let mayRestartAt = 0;
  let closing: Promise<void> | undefined;

  function settle(answers: readonly Answer[]): void {
    const callers = waiting.splice(0, answers.length);
    for (const [at, answer] of answers.entries()) {
      if ('failed' in answer) callers[at]?.reject(fromWire(answer.failed));
      else callers[at]?.resolve(answer.value);
    }
  }

  /** The thread has ended and will not answer: rejects all callers. */
  function lost(reason: StoreError): void {
    const callers = waiting;
    [waiting, outbox, thread] = [[], [], undefined];
    mayRestartAt = options.clock.now() + RESTART_DELAY_MS;
    for (const caller of callers) caller.reject(reason);
  }

  function flush(): void {
    if (outbox.length === 0) return;
    const calls = outbox;
    outbox = [];
    try {
      thread?.post(calls);
    } catch (error) {
      // An input cannot be cloned: none of these calls was posted.
      for (const caller of waiting.splice(-calls.length)) caller.reject(toStoreError(error));
    }
  }

  function refusal(): StoreError | undefined {
    if (closing) return storeClosed();
    if (waiting.length >= options.queueLimit) return overloaded(options.queueLimit);
    // A clock that is set back must not lengthen the delay.
    const delayMs = mayRestartAt - options.clock.now();
    if (thread || delayMs <= 0 || delayMs > RESTART_DELAY_MS) return undefined;
    return new StoreError('store_unavailable', 'The store restarts: try again in a few seconds.');
  }

  return {
    ready: thread.ready,
    call(name, input) {
      const refused = refusal();
      if (refused) return Promise.reject(refused);
      thread ??= startThread(options, { settle, lost });
      // Posts the calls of one event loop turn in one message.
      if (outbox.length === 0) setImmediate(flush);
      outbox.push([name, input]);
      return new Promise((resolve, reject) => {
        waiting.push({ resolve: resolve as Waiting['resolve'], reject });
      });
    },
    close() {
      closing ??= (async () => {
        flush();
        await thread?.close();
      })();
      return closing;
    },
  };
}

interface Thread {
  readonly ready: Promise<void>;
  post(message: ToWriter): void;
  close(): Promise<void>;
}

function startThread(
  { path, clock, log, maxWaitMs }: WriterOptions,
  { settle, lost }: { settle(answers: readonly Answer[]): void; lost(reason: StoreError): void },
): Thread {
  const workerData: WriterData = { path, now: clock.now(), maxWaitMs };
  const worker = new Worker(THREAD, { workerData, name: 'store-writer' });
  let closing = false;
  let reason: StoreError | undefined;
  const ended = new Promise<void>((resolve) => {
    worker.once('exit', () => resolve());
  });
  const ready = new Promise<void>((resolve, reject) => {
    worker.on('message', (message: FromWriter) => {
      if ('ready' in message) {
        if (message.ready.length > 0) log.info('store migrated', { applied: message.ready });
        resolve();
      } else if ('fatal' in message) {
        reason = fromWire(message.fatal);
      } else settle(message);
    });
    worker.on('error', (error) => {
      reason = new StoreError(
        'store_unavailable',
        'The writer thread of the store failed: send the same request again to learn its outcome.',
        { cause: error },
      );
    });
    void ended.then(() => {
      const why = reason ?? endedEarly();
      if (!closing) log.error('store writer ended', { error: describeError(why) });
      lost(why);
      reject(why);
    });
  });
  // Prevents an unhandled rejection: only the first thread's `ready` is awaited.
  ready.catch(() => undefined);
  return {
    ready,
    post: (message) => worker.postMessage(message),
    async close() {
      closing = true;
      worker.postMessage('close' satisfies ToWriter);
      const timer = setTimeout(() => void worker.terminate(), CLOSE_WITHIN_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}

function overloaded(limit: number): StoreError {
  return new StoreError(
    'store_busy',
    `More than ${limit} writes wait for the disk: try again shortly.`,
  );
}

function endedEarly(): StoreError {
  return new StoreError(
    'store_unavailable',
    'The writer thread of the store has ended: send the same request again.',
  );
}
