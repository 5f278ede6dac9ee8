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
