import type { Change } from '../usecases/ports/request-store.ts';
import { StoreError } from '../usecases/ports/store-error.ts';

/**
 * Checks that a change's guard fits the request that it writes.
 *
 * @throws StoreError `store_rejected` where the guard is another request's, or the version that is
 *   written does not rise above the guarded one (a later guard could then miss this commit).
 */
export function checkGuard({ request, guard }: Change): void {
  if (!request || !guard) return;
  if (guard.requestId === request.id && request.version > guard.version) return;
  throw new StoreError(
    'store_rejected',
    `The guard (${guard.requestId}, version ${guard.version}) does not fit the request that is ` +
      `written (${request.id}, version ${request.version}): this is a fault of the program.`,
  );
}
