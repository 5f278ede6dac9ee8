/** Bounded memory for sessions, codes and grants; it outlives a key rotation. */
import type { Adapter, AdapterFactory, AdapterPayload, ClientMetadata } from 'oidc-provider';
import { systemClock } from '../../lib/clock.ts';
import { Lru } from '../../lib/lru.ts';

const ENTRY_LIMIT = 5_000;

interface Entry {
  readonly payload: AdapterPayload;
  readonly endsAt: number;
}

/**
 * The provider's storage adapter. Clients come from `findClient` each time, because their redirect
 * address is known only after the service has started; everything else is kept in memory.
 */
export function memoryStorage(
  findClient: (clientId: string) => ClientMetadata | undefined,
): AdapterFactory {
  const entries = new Lru<Entry>(ENTRY_LIMIT);
  const byUid = new Lru<string>(ENTRY_LIMIT);
  const byGrant = new Lru<Set<string>>(ENTRY_LIMIT);
  const read = (key: string | undefined): AdapterPayload | undefined => {
    const entry = key === undefined ? undefined : entries.get(key);
    if (key === undefined || entry === undefined) return undefined;
    if (entry.endsAt > systemClock.now()) return entry.payload;
    entries.delete(key);
    return undefined;
  };
  return (model) => {
    const keyOf = (id: string) => `${model}:${id}`;
    const adapter: Adapter = {
      async upsert(id, payload, expiresIn) {
        const key = keyOf(id);
        const endsAt = expiresIn === undefined ? Infinity : systemClock.now() + expiresIn * 1_000;
        entries.set(key, { payload, endsAt });
        if (payload.uid !== undefined) byUid.set(payload.uid, key);
        if (payload.grantId === undefined) return;
        const members = byGrant.get(payload.grantId) ?? new Set<string>();
        byGrant.set(payload.grantId, members.add(key));
      },
      find: async (id) => (model === 'Client' ? findClient(id) : read(keyOf(id))),
      findByUid: async (uid) => read(byUid.get(uid)),
      findByUserCode: async () => undefined,
      async consume(id) {
        const payload = read(keyOf(id));
        if (payload !== undefined) payload.consumed = Math.floor(systemClock.now() / 1_000);
      },
      destroy: async (id) => void entries.delete(keyOf(id)),
      async revokeByGrantId(grantId) {
        for (const key of byGrant.get(grantId) ?? []) entries.delete(key);
        byGrant.delete(grantId);
      },
    };
    return adapter;
  };
}
