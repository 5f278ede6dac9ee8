import type {
  AuditCheckpoint,
  AuditFrontier,
  AuditLeaf,
  AuditStore,
  StoredEvent,
} from '../../../src/usecases/ports/audit-store.ts';
import type { Request } from '../../../src/domain/request/request.ts';
import type { RequestStore } from '../../../src/usecases/ports/request-store.ts';
import type { LeaseStore } from '../../../src/usecases/ports/lease-store.ts';

import { storedEvent } from '../../support/events.ts';

/** An audit store in memory that fulfils the port, and that a test may tamper with. */
export interface MemoryLog
  extends
    AuditStore,
    Pick<RequestStore, 'listRequests' | 'loadRequest'>,
    Omit<LeaseStore, 'countLeases'> {
  readonly requests: Request[];
  /** Ids of events whose mark is taken away, or left although they have a leaf. */
  readonly flipped: Set<string>;
  readonly events: StoredEvent[];
  leaves: AuditLeaf[];
  checkpoints: AuditCheckpoint[];
  /** The limit of each read, in order. */
  readonly reads: number[];
  /** The frontier of the last seal. */
  stored: AuditFrontier | undefined;
  lease: { holder: string; until: number } | undefined;
}

/** Creates an empty log. */
export function memoryLog(): MemoryLog {
  const log: MemoryLog = {
    events: [],
    leaves: [],
    checkpoints: [],
    reads: [],
    lease: undefined,
    stored: undefined,
    requests: [],
    flipped: new Set(),
    listRequests: async ({ before = Infinity, limit }) =>
      log.requests
        .filter(({ number }) => number < before)
        .sort((a, b) => b.number - a.number)
        .slice(0, limit),
    loadRequest: async (id) => log.requests.find((one) => one.id === id),
    eventsOf: async (id) => log.events.filter(({ requestId }) => requestId === id),
    eventsOfRequests: async (ids) =>
      log.events.filter(({ requestId }) => requestId !== null && ids.includes(requestId)),
    listEvents: async ({ after, limit }) =>
      log.events
        .filter(({ id }) => id > after)
        .sort((a, b) => (a.id < b.id ? -1 : 1))
        .slice(0, limit)
        .map(({ body, ...event }) => {
          const index = log.leaves.find(({ eventId }) => eventId === event.id)?.index ?? null;
          const waits = (index === null) !== log.flipped.has(event.id);
          const hasRequest = log.requests.some(({ id }) => id === event.requestId);
          return { ...event, index, waits, hasRequest, waiting: index === null ? body : null };
        }),
    async unsealedEvents(limit) {
      const sealed = new Set(log.leaves.map((leaf) => leaf.eventId));
      const open = log.events.filter((event) => !sealed.has(event.id));
      return open.sort((a, b) => (a.id < b.id ? -1 : 1)).slice(0, limit);
    },
    async seal({ expectedSize, leaves, checkpoint, peaks }) {
      if (log.leaves.length !== expectedSize) return false;
      log.leaves.push(...leaves);
      log.checkpoints.push(checkpoint);
      log.stored = { size: checkpoint.size, peaks };
      return true;
    },
    async readLeaves({ from, limit }) {
      log.reads.push(limit);
      return log.leaves
        .filter((leaf) => leaf.index >= from)
        .slice(0, limit)
        .map((leaf) => ({ ...leaf, event: log.events.find(({ id }) => id === leaf.eventId) }));
    },
    treeSize: async () => log.leaves.length,
    frontier: async () => log.stored,
    lastCheckpoint: async () => log.checkpoints.at(-1),
    listCheckpoints: async ({ from, limit }) =>
      log.checkpoints.filter(({ size }) => size >= from).slice(0, limit),
    async takeLease({ holder, leaseMs, now }) {
      if (log.lease && log.lease.holder !== holder && log.lease.until > now) return undefined;
      const until = now + leaseMs;
      log.lease = { holder, until };
      return { until, before: { holder: null, until: 0, note: null } };
    },
    async releaseLease({ holder }) {
      if (log.lease?.holder === holder) log.lease = undefined;
    },
  };
  return log;
}

/** An event; its `id` gives its order. */
export function eventOf(id: string, data: Record<string, unknown> = {}): StoredEvent {
  return storedEvent({
    id,
    at: 1_000,
    type: 'card.posted',
    requestId: 'req_1',
    actor: 'demo|ann',
    data,
  });
}
