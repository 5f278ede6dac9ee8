import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const CHILD = fileURLToPath(new URL('./service-child.ts', import.meta.url));
const STOP_MS = 5_000;

/** The service in successive processes on the same database and port. */
export interface ServiceProcess {
  /** Kills the running process with SIGKILL at once; does nothing when it has ended. */
  kill(): void;
  /** Stops the running process by SIGSTOP or resumes it, as if its machine slept. */
  pause(): void;
  resume(): void;
  /** Resolves when the killed process has ended. */
  gone(): Promise<void>;
  /** Starts the next process, and loads another one in the background for a quick next start. */
  start(): Promise<void>;
  /** The standard error of all processes. */
  errors(): string;
  /** Stops the running process gracefully, and the loaded one. */
  stop(): Promise<void>;
}

/** Loads a first process; `start` starts it. */
export function serviceProcess(options: {
  configPath: string;
  env: Readonly<Record<string, string>>;
  /** Absent: as in production. */
  leaseMs?: number;
  /** A folder for Node's compiled code, so that the next process loads faster. */
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
    // `start` reports the error; before it nobody listens.
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

/** Resolves when the child sends this word; rejects when it ends first. */
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
  // The losing promise must not cause an unhandled rejection.
  ended.catch(() => undefined);
  over.abort();
}
