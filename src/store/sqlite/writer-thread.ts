import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { toWire } from './errors.ts';
import type { WireError } from './errors.ts';
import { runGroup } from './group.ts';
import type { Answer, Call } from './group.ts';
import { migrate } from './migrate.ts';
import { WRITE_CHECK } from './queries/housekeeping.ts';
import { retryTransient } from './retry.ts';
import { openWriter } from './connection.ts';
import type { Connection } from './connection.ts';

/** The start data of the thread. */
export interface WriterData {
  readonly path: string;
  readonly now: number;
  readonly maxWaitMs: number;
}

/** Messages to the thread: calls, or the request to end. */
export type ToWriter = readonly Call[] | 'close';

/** Messages from the thread: it is ready, it cannot start, or the answers to the oldest calls. */
export type FromWriter =
  { readonly ready: readonly string[] } | { readonly fatal: WireError } | readonly Answer[];

/** Bounds the length of a transaction, and so the wait of its first call. */
const MAX_GROUP = 256;

/** Collects all messages that have arrived. */
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

function serve(port: MessagePort, connection: Connection, maxWaitMs: number): void {
  port.on('message', (message: ToWriter) => {
    const { calls, close } = arrived(port, message);
    for (let at = 0; at < calls.length; at += MAX_GROUP) {
      const group = calls.slice(at, at + MAX_GROUP);
      port.postMessage(runGroup(connection, group, { maxWaitMs }) satisfies FromWriter);
    }
    if (!close) return;
    connection.close();
    port.close();
  });
}

/** How long a start waits for a lock of another process. */
const START_MAX_WAIT_MS = 6_000;

function start(port: MessagePort, { path, now, maxWaitMs }: WriterData): void {
  let connection: Connection | undefined;
  try {
    // A start fails within ten seconds, even where commits may wait longer.
    const startMs = Math.min(maxWaitMs, START_MAX_WAIT_MS);
    const opened = openWriter(path, { busyMs: startMs });
    connection = opened;
    const ready = migrate(opened, { now, maxWaitMs: startMs });
    // From here on retryTransient waits for the lock, in short even steps.
    opened.database.exec('PRAGMA busy_timeout = 0');
    // Fail at the start if the store is not writable, not at the first click.
    retryTransient(startMs, () => opened.run(WRITE_CHECK, { now }));
    port.postMessage({ ready } satisfies FromWriter);
    serve(port, opened, maxWaitMs);
  } catch (error) {
    connection?.close();
    port.postMessage({ fatal: toWire(error) } satisfies FromWriter);
  }
}

if (parentPort) start(parentPort, workerData as WriterData);
