import type { AuditStore } from '../usecases/ports/audit-store.ts';
import { StoreError } from '../usecases/ports/store-error.ts';

/**
 * Checks that the leaves follow the log without a gap, up to the size of the checkpoint.
 *
 * @throws StoreError `store_rejected`
 */
export function checkSeal({
  expectedSize,
  leaves,
  checkpoint,
}: Parameters<AuditStore['seal']>[0]): void {
  const gap = leaves.find(({ index }, offset) => index !== expectedSize + offset);
  if (gap) throw unsealable(`leaf ${gap.index} leaves a gap`);
  if (checkpoint.size === expectedSize + leaves.length) return;
  throw unsealable(`the checkpoint speaks of ${checkpoint.size} leaves`);
}

/** The error of a seal that is no continuation of the log. */
export function unsealable(why: string): StoreError {
  return new StoreError('store_rejected', `The audit log was not sealed: ${why}.`);
}
