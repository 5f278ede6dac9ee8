import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const CHILD = fileURLToPath(new URL('./service-child.ts', import.meta.url));
const STOP_MS = 5_000;

/** The service in processes that follow one another over the same database and port. */
export interface ServiceProcess {
  /** Kills the running process with SIGKILL, at once; does nothing where it is dead already. */
  kill(): void;
  /** Stands the running process still, or lets it go on, as if its machine slept. */
  pause(): void;
  resume(): void;
  /** Resolves when the killed process is gone. */
  gone(): Promise<void>;
  /** Starts the next process; a further one is loaded meanwhile, so that this is quick. */
  start(): Promise<void>;
  /** What all of them wrote to standard error. */
  errors(): string;
  /** Ends the running process politely, and the one that waits. */
  stop(): Promise<void>;
}

/** Gets a first process ready; `start` it. */
export function serviceProcess(options: {
  configPath: string;
  env: Readonly<Record<string, string>>;
  /** Absent: the lease of production. */
  leaseMs?: number;
  /** A folder for what Node compiled, so that the next process is loaded in less time. */
  cache: string;
}): ServiceProcess {
  let text = '';
  const load = () => {
    const child = spawn(process.execPath, [CHILD], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: {
        PATH: process.env['PATH'],
        ...options.env,
        CHILD_CONFIG: options.configPath,
        CHILD_LEASE_MS: String(options.leaseMs ?? ''),
        NODE_COMPILE_CACHE: options.cache,
      },
    });
    child.stderr?.setEncoding('utf8').on('data', (written: string) => {
      text += written;
    });
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    const loaded = heard(child, 'loaded', () => text);
    // Whoever starts it is told; until then nobody listens.
    loaded.catch(() => undefined);
    return { child, ended, loaded };
  };
  let waiting = load();
  let running: ReturnType<typeof load> | undefined;
  return {
    kill: () => void running?.child.kill('SIGKILL'),
    pause: () => void running?.child.kill('SIGSTOP'),
    resume: () => void running?.child.kill('SIGCONT'),
    gone: async () => running?.ended,
    async start() {
      const next = waiting;
      await next.loaded;
      const started = heard(next.child, 'started', () => text);
      next.child.send('start');
      await started;
      running = next;
      waiting = load();
    },
    errors: () => text,
    async stop() {
      for (const { child, ended } of [running, waiting].filter((one) => one !== undefined)) {
        child.kill('SIGCONT');
        child.kill('SIGTERM');
        const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
        await ended;
        clearTimeout(timer);
      }
    },
  };
}

/** Resolves when the child says this word; rejects when it ends first. */
async function heard(child: ChildProcess, word: string, errors: () => string): Promise<void> {
  const over = new AbortController();
  const ended = once(child, 'close', { signal: over.signal }).then(() => {
    throw new Error(`the service ended before it was ${word}: ${errors()}`);
  });
  const said = new Promise<void>((resolve) => {
    const listen = (message: unknown) => {
      if (message !== word) return;
      child.off('message', listen);
      resolve();
    };
    child.on('message', listen);
  });
  await Promise.race([said, ended]);
  // The promise that lost is not to be heard of again.
  ended.catch(() => undefined);
  over.abort();
}
