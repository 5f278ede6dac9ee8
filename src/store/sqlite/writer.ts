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

/** Hands operations to the thread that writes; nothing here waits for the disk. */
export interface Writer {
  /** Resolves once the file is open and its schema up to date. */
  readonly ready: Promise<void>;
  /**
   * Queues an operation; resolves after the commit that holds it.
   *
   * @throws StoreError; `store_busy` at once where the queue is full.
   */
  call<Name extends OperationName>(name: Name, input: InputOf<Name>): Promise<OutputOf<Name>>;
  /** Finishes what is queued and ends the thread. May be called again. */
  close(): Promise<void>;
}

export interface WriterOptions {
  readonly path: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** How long the file may be locked by another process (ms). */
  readonly maxWaitMs: number;
  /** Operations that may wait for an answer at one time. */
  readonly queueLimit: number;
}

/** Rest before a thread that died is replaced, so that a broken disk does not spin. */
const RESTART_REST_MS = 1_000;
const CLOSE_WITHIN_MS = 15_000;

// Sources run as they are, a build runs as JavaScript: the thread's file ends as this one does.
const THREAD = new URL(
  `./writer-thread.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`,
  import.meta.url,
);

/** A caller that waits for the answer to its call. */
interface Waiting {
  resolve(value: unknown): void;
  reject(error: StoreError): void;
}

/** Starts the writer's thread. */
export function startWriter(options: WriterOptions): Writer {
  /** Callers in the order of their calls, which is the order of the thread's answers. */
  let waiting: Waiting[] = [];
  /** Calls that are not posted yet; their callers are the last in `waiting`. */
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

  /** The thread has ended: nobody will answer the calls that it holds. */
  function lost(reason: StoreError): void {
    const callers = waiting;
    [waiting, outbox, thread] = [[], [], undefined];
    mayRestartAt = options.clock.now() + RESTART_REST_MS;
    for (const caller of callers) caller.reject(reason);
  }

  function flush(): void {
    if (outbox.length === 0) return;
    const calls = outbox;
    outbox = [];
    try {
      thread?.post(calls);
    } catch (error) {
      // One input cannot be cloned, so none of these calls has left.
      for (const caller of waiting.splice(-calls.length)) caller.reject(toStoreError(error));
    }
  }

  function refusal(): StoreError | undefined {
    if (closing) return storeClosed();
    if (waiting.length >= options.queueLimit) return overloaded(options.queueLimit);
    // A clock that was put back must not lengthen the rest.
    const restMs = mayRestartAt - options.clock.now();
    if (thread || restMs <= 0 || restMs > RESTART_REST_MS) return undefined;
    return new StoreError('store_unavailable', 'The store starts again: try in a few seconds.');
  }

  return {
    ready: thread.ready,
    call(name, input) {
      const refused = refusal();
      if (refused) return Promise.reject(refused);
      thread ??= startThread(options, { settle, lost });
      // Calls of one turn of the event loop travel in one message.
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
        'The thread that writes to the store failed: send the same again to learn its outcome.',
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
  // Whoever opened the store awaits it; a later thread's calls carry the same error.
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
    `More than ${limit} writes wait for the disk: send the same again a little later.`,
  );
}

function endedEarly(): StoreError {
  return new StoreError(
    'store_unavailable',
    'The thread that writes to the store has ended; send the same again.',
  );
}
