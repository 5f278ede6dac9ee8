#!/usr/bin/env node
// The process's entry. Checks the runtime first, in words that an old Node can still say, and then
// loads the one command that was asked for.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `Countersign needs Node.js 22.18 or later; this is ${process.versions.node} ` +
      '(npm scripts use the right one by themselves).\n',
  );
  process.exitCode = 1;
} else {
  const { keepCompiledCode } = await import('./cli/keep-compiled-code.ts');
  keepCompiledCode();
  const { runCommandLine } = await import('./cli/run.ts');
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => stop.abort(signal));
  }
  for (const stream of [process.stdout, process.stderr]) {
    // The reader has left, as `head` does: the command goes on, and its exit code tells the result.
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
  process.exitCode = await runCommandLine(process.argv.slice(2), {
    stdout: (text) => void process.stdout.write(text),
    stderr: (text) => void process.stderr.write(text),
    env: process.env,
    cwd: process.cwd(),
    signal: stop.signal,
  });
}

export {};
