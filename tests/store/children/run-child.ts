import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A child process on a database file; `lines` collects its output. */
export interface Child {
  readonly process: ChildProcess;
  readonly lines: string[];
  /** Resolves when the first line is printed. */
  readonly started: Promise<unknown>;
  /** Resolves with the exit code or signal when its output has been read to the end. */
  readonly ended: Promise<number | string>;
}

/** Starts a script of this folder with the running Node; `env` extends our environment. */
export function runChild(
  script: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Child {
  const file = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', file, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  const started = once(reader, 'line');
  reader.on('line', (line) => lines.push(line));
  const read = once(reader, 'close');
  const ended = once(child, 'exit').then(async ([code, signal]) => {
    await read;
    return (code ?? signal) as number | string;
  });
  return { process: child, lines, started, ended };
}
