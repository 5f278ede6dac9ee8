import { defineCommand, EXIT } from './command.ts';
import { jsonOption } from './options.ts';

/** `countersign demo`: the main job, played over the real wire on loopback. */
export const demo = defineCommand({
  options: (command) => command.addOption(jsonOption),
  notes: 'Exits with 0 when every step holds, and with 1 at the first that does not.',
  async run({ options: { json }, io }) {
    const { runDemo } = await import('../local/demo.ts');
    const steps: string[] = [];
    if (!json) io.stdout('Countersign, the main job on real parts, all on loopback:\n\n');
    const ok = await runDemo({
      say: (line) => (json ? void steps.push(line.trim()) : io.stdout(`${line}\n`)),
      signal: io.signal,
    });
    if (json) io.stdout(`${JSON.stringify({ ok, steps })}\n`);
    else io.stdout(ok ? '\nEvery step held.\n' : '\nA step did not hold.\n');
    return ok ? EXIT.done : EXIT.failed;
  },
});
