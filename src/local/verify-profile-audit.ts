import { verifyAudit } from '../audit/verify.ts';
import { CHECKPOINT_TYPE } from '../audit/checkpoint-verifier.ts';
import type { LocalProfile } from './profile.ts';

/** Verifies the audit log of a running profile, as `countersign audit verify` does. */
export async function verifyProfileAudit({
  service,
  config,
}: Pick<LocalProfile, 'service' | 'config'>): Promise<{
  ok: boolean;
  size: number;
  problems: string[];
}> {
  const report = await verifyAudit(service.store, {
    verifyCheckpoint: (jws) => service.keys.verify('checkpoints', jws, CHECKPOINT_TYPE),
    origin: config.audit.origin,
  });
  return {
    ok: report.ok,
    size: report.size,
    problems: report.problems.map((problem) => problem.message),
  };
}
