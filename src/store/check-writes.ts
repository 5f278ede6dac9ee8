import type { AuditStore } from '../usecases/ports/audit-store.ts';
import type { Change } from '../usecases/ports/request-store.ts';
import { StoreError } from '../usecases/ports/store-error.ts';

/**
 * Checks that the guard of a change is for the request that the change writes.
 *
 * @throws StoreError `store_rejected` if the guard is for another request. Also if the written
 *   version is not above the guarded one: a later guard would not detect this commit.
 */
export function checkGuard({ request, guard }: Change): void {
  if (!request || !guard) return;
  if (guard.requestId === request.id && request.version > guard.version) return;
  throw new StoreError(
    'store_rejected',
    `The guard (${guard.requestId}, version ${guard.version}) does not match the written request ` +
      `(${request.id}, version ${request.version}): this is a bug in Countersign.`,
  );
}

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
