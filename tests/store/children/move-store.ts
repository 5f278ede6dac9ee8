import { runCommandLine } from '../../../src/cli/run.ts';

/** `countersign migrate --from` in a process of its own, to be killed: its arguments. */
process.exitCode = await runCommandLine(['migrate', ...process.argv.slice(2)], {
  stdout: (text) => void process.stdout.write(text),
  // Progress is what the parent waits for.
  stderr: (text) => void process.stdout.write(text),
  env: process.env,
  cwd: process.cwd(),
});
