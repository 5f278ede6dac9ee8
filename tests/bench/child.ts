import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { canPin } from './machine.ts';

/** A child process that carries out tasks over its IPC channel. */
export interface Child {
  /** Runs one of its `Tasks`; rejects with its error, or when the process ends. */
  ask(task: string, input?: unknown): Promise<unknown>;
  /** Ends the process: gracefully, then by SIGKILL after five seconds. */
  stop(): Promise<void>;
}

const ANSWER_WITHIN_MS = 180_000;
const KILL_AFTER_MS = 5_000;

interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly failed?: string;
}

/**
 * Starts a script of this folder in a new Node process, pinned to `core` where possible.
 * `nodeOptions` precede the script. Its standard error is passed on.
 */
export function startChild(options: {
  script: string;
  core: number;
  nodeOptions?: readonly string[];
  /** In addition to the environment of this process. */
  env?: Readonly<Record<string, string>>;
}): Child {
  const script = fileURLToPath(new URL(options.script, import.meta.url));
  const node = [process.execPath, ...(options.nodeOptions ?? []), script];
  const [command = '', ...args] = canPin()
    ? ['taskset', '-c', String(options.core), ...node]
    : node;
  const child = spawn(command, args, {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, NODE_ENV: 'production', ...options.env },
  });
  return talkTo(child, options.script);
}

function talkTo(child: ChildProcess, name: string): Child {
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let next = 0;
  let over: Error | undefined;
  const ended = new Promise<void>((resolve) => {
    const end = (error: Error) => {
      over ??= error;
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
      resolve();
    };
    child.once('exit', (code, signal) => end(new Error(`${name} ended (${signal ?? code})`)));
    child.once('error', end);
  });
  child.on('message', (message) => {
    const answer = message as Answer;
    const asked = waiting.get(answer.id);
    waiting.delete(answer.id);
    if (answer.failed === undefined) asked?.resolve(answer.value);
    else asked?.reject(new Error(`${name}: ${answer.failed}`));
  });
  return {
    ask(task, input) {
      if (over) return Promise.reject(over);
      const id = next;
      next += 1;
      return new Promise((resolve, reject) => {
        const late = setTimeout(() => {
          waiting.delete(id);
          reject(new Error(`${name} did not answer "${task}" in ${ANSWER_WITHIN_MS} ms`));
        }, ANSWER_WITHIN_MS);
        const settle =
          <Value>(done: (value: Value) => void) =>
          (value: Value) => {
            clearTimeout(late);
            done(value);
          };
        waiting.set(id, { resolve: settle(resolve), reject: settle(reject) });
        child.send({ id, task, input });
      });
    },
    async stop() {
      if (!over) child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** The tasks of a child; all have `cpu`. */
export type Tasks = Readonly<Record<string, (input: unknown) => unknown>>;

/** Runs the tasks of the parent until it ends; `end` runs before the process exits. */
export function serveParent(tasks: Tasks, end: () => Promise<void>): void {
  const leave = () => {
    end().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.once('SIGTERM', leave);
  // The parent has died, and nobody else would stop this process.
  process.once('disconnect', leave);
  process.on('message', (message) => {
    const { id, task, input } = message as { id: number; task: string; input: unknown };
    const run = async () => {
      const known = task === 'cpu' ? cpuMs : tasks[task];
      if (known === undefined) throw new Error(`there is no task "${task}"`);
      return known(input);
    };
    run().then(
      (value) => process.send?.({ id, value }),
      (error: unknown) =>
        process.send?.({
          id,
          failed: error instanceof Error ? (error.stack ?? error.message) : String(error),
        }),
    );
  });
}

/** CPU time of this process in all its threads. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
