import type { CommandIo } from './command.ts';

/** `countersign demo`: the main job, played over the real wire on loopback. */
export async function run(_args: string[], io: CommandIo): Promise<number> {
  const { runDemo } = await import('../local/demo.ts');
  const { verifyProfileAudit } = await import('../local/verify-profile-audit.ts');
  io.stdout('Countersign, the main job on real parts, all on loopback:\n\n');
  const held = await runDemo({
    say: (line) => io.stdout(`${line}\n`),
    ...(io.signal === undefined ? {} : { signal: io.signal }),
    verifyAudit: verifyProfileAudit,
  });
  io.stdout(held ? '\nEvery step held.\n' : '\nA step did not hold.\n');
  return held ? 0 : 1;
}
