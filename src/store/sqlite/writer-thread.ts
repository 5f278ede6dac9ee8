import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { toWire } from './errors.ts';
import type { WireError } from './errors.ts';
import { runGroup } from './group.ts';
import type { Answer, Call } from './group.ts';
import { migrate } from './migrate.ts';
import { openWriter } from './session.ts';
import type { Session } from './session.ts';

/** What the thread is started with. Times in ms. */
export interface WriterData {
  readonly path: string;
  readonly now: number;
  readonly maxWaitMs: number;
}

/** To the thread: calls in their order, or the wish to end. */
export type ToWriter = readonly Call[] | 'close';

/**
 * From the thread: it is ready, it cannot start, or the answers to the oldest calls in their order.
 */
export type FromWriter =
  { readonly ready: readonly string[] } | { readonly fatal: WireError } | readonly Answer[];

/** Bounds how long one transaction lasts, and so how long its first call waits. */
const MAX_GROUP = 256;

/** Everything that has arrived by now, as one queue. */
function arrived(port: MessagePort, first: ToWriter): { calls: Call[]; close: boolean } {
  const calls: Call[] = [];
  let message: ToWriter | undefined = first;
  while (message !== undefined && message !== 'close') {
    for (const call of message) calls.push(call);
    if (calls.length >= MAX_GROUP) return { calls, close: false };
    message = receiveMessageOnPort(port)?.message as ToWriter | undefined;
  }
  return { calls, close: message === 'close' };
}

function serve(port: MessagePort, session: Session, maxWaitMs: number): void {
  port.on('message', (message: ToWriter) => {
    const { calls, close } = arrived(port, message);
    for (let at = 0; at < calls.length; at += MAX_GROUP) {
      const group = calls.slice(at, at + MAX_GROUP);
      port.postMessage(runGroup(session, group, { maxWaitMs }) satisfies FromWriter);
    }
    if (!close) return;
    session.close();
    port.close();
  });
}

/** How long a start waits for another process that holds the file (ms). */
const START_MAX_WAIT_MS = 6_000;

function start(port: MessagePort, { path, now, maxWaitMs }: WriterData): void {
  let session: Session | undefined;
  try {
    // A start fails within ten seconds, even where commits may wait longer.
    const startMs = Math.min(maxWaitMs, START_MAX_WAIT_MS);
    session = openWriter(path, { busyMs: startMs });
    const ready = migrate(session, { now, maxWaitMs: startMs });
    // From here on retryTransient waits for the lock, in short even steps.
    session.database.exec('PRAGMA busy_timeout = 0');
    // A store that cannot be written is refused now, not at somebody's first click.
    const [checked] = runGroup(session, [['check', now]], { maxWaitMs: startMs });
    if (checked && 'failed' in checked) {
      session.close();
      port.postMessage({ fatal: checked.failed } satisfies FromWriter);
      return;
    }
    port.postMessage({ ready } satisfies FromWriter);
    serve(port, session, maxWaitMs);
  } catch (error) {
    session?.close();
    port.postMessage({ fatal: toWire(error) } satisfies FromWriter);
  }
}

if (parentPort) start(parentPort, workerData as WriterData);
