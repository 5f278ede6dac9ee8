import type { AuditCheckpoint } from '../usecases/ports/audit-store.ts';

/** The `typ` of a checkpoint's JWS: no other statement of the service is valid as a checkpoint. */
export const CHECKPOINT_TYPE = 'countersign-checkpoint+jwt';

/** The payload of a checkpoint: size and root (base64url) of the log at a time (ms). */
export interface CheckpointStatement {
  readonly origin: string;
  readonly size: number;
  readonly root: string;
  readonly at: number;
}

/** The first field where the signed statement differs from the stored row. */
export function differsFrom(
  row: AuditCheckpoint,
  signed: Readonly<Record<string, unknown>>,
): 'size' | 'root' | 'at' | undefined {
  return (['size', 'root', 'at'] as const).find((name) => signed[name] !== row[name]);
}
