import { runCommandLine } from '../../../src/cli/run.ts';

/** Runs `countersign migrate --from` with its arguments, in a process that the test kills. */
process.exitCode = await runCommandLine(['migrate', ...process.argv.slice(2)], {
  stdout: (text) => void process.stdout.write(text),
  // The parent waits for the progress.
  stderr: (text) => void process.stdout.write(text),
  env: process.env,
  cwd: process.cwd(),
});
