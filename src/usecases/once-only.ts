import type { Clock } from '../lib/clock.ts';
import type { Ids } from '../lib/ids.ts';
import type { OnceOnly } from './ports/ports.ts';
import { commitSurely } from './store-faults.ts';
import type { RequestStore } from './ports/store.ts';

/** Uses up keys in the store's claims, so that every replica knows. Errors: the store's. */
export function createOnceOnly({
  store,
  clock,
  ids,
}: {
  store: Pick<RequestStore, 'commit' | 'loadRequest'>;
  clock: Clock;
  ids: Ids;
}): OnceOnly {
  return {
    async take({ kind, key, expiresAt }) {
      const at = clock.now();
      const result = await commitSurely(store, {
        id: ids.next('chg', at),
        at,
        claims: [{ kind, key, requestId: null, fingerprint: null, expiresAt }],
      });
      return result.status === 'committed';
    },
  };
}
