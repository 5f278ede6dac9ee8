import type { Clock } from '../lib/clock.ts';
import type { Ids } from '../lib/ids.ts';
import type { OnceKeys } from './ports/once-keys.ts';
import { commitWithRetry } from './store-faults.ts';
import type { RequestStore } from './ports/request-store.ts';

/** Uses up once-keys in the store, so that every replica knows them. Errors: the store's. */
export function createOnceKeys({
  store,
  clock,
  ids,
}: {
  store: Pick<RequestStore, 'commit' | 'loadRequest'>;
  clock: Clock;
  ids: Ids;
}): OnceKeys {
  return {
    async take({ kind, key, expiresAt }) {
      const at = clock.now();
      const result = await commitWithRetry(store, {
        id: ids.next('chg', at),
        at,
        onceKeys: [{ kind, key, requestId: null, fingerprint: null, expiresAt }],
      });
      return result.status === 'committed';
    },
  };
}
