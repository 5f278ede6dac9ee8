import type { AuditCheckpoint } from '../usecases/ports/audit-store.ts';

/** `typ` of a checkpoint's JWS, so that no other statement of ours passes for one. */
export const CHECKPOINT_TYPE = 'countersign-checkpoint+jwt';

/** What a checkpoint says: this log had this size and root (base64url) at a time (ms). */
export interface CheckpointStatement {
  readonly origin: string;
  readonly size: number;
  readonly root: string;
  readonly at: number;
}

/** The first thing in which a signed statement differs from the stored row; undefined: nothing. */
export function differsFrom(
  row: AuditCheckpoint,
  signed: Readonly<Record<string, unknown>>,
): 'size' | 'root' | 'at' | undefined {
  return (['size', 'root', 'at'] as const).find((name) => signed[name] !== row[name]);
}
