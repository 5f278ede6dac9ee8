import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface Child {
  readonly port: number;
  /** Peak memory (resident set size), in bytes. */
  peakMemory(): Promise<number>;
  /** Exit code (or signal); undefined if it still runs after `ms`. */
  ended(ms: number): Promise<number | string | undefined>;
  stop(): Promise<void>;
}

/** Runs a server script of this folder in a child process; the script must print its port. */
export async function startChild(script: string): Promise<Child> {
  const file = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(process.execPath, [file], {
    stdio: ['ignore', 'pipe', 'ignore', 'ipc'],
    env: { PATH: process.env.PATH ?? '' },
  });
  if (child.stdout === null) throw new Error('the child has no standard output');
  const exit = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string);
  const first = await Promise.race([
    once(child.stdout, 'data').then(([chunk]) => String(chunk)),
    exit.then((code) => {
      throw new Error(`${script} exited with ${code} before it listened`);
    }),
  ]);
  return {
    port: Number(first),
    peakMemory: async () => {
      child.send('memory');
      const [kilobytes] = await once(child, 'message');
      return Number(kilobytes) * 1_024;
    },
    ended: (ms) => {
      const late = Promise.withResolvers<undefined>();
      const timer = setTimeout(() => late.resolve(undefined), ms);
      return Promise.race([exit, late.promise]).finally(() => clearTimeout(timer));
    },
    stop: async () => {
      child.kill('SIGKILL');
      await exit;
    },
  };
}

/** For the child: answers `peakMemory` and exits with its parent. */
export function answerParent(): void {
  process.on('message', () => process.send?.(process.resourceUsage().maxRSS));
  process.on('disconnect', () => process.exit(0));
}
