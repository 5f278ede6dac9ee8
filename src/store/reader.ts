import type { Card } from '../domain/request/cards.ts';
import { isEnded, REQUEST_STATES } from '../domain/request/state.ts';
import type { AuditCheckpoint, AuditStore, StoredEvent } from '../usecases/ports/audit-store.ts';
import type { CardStore, Conversation } from '../usecases/ports/card-store.ts';
import type { Housekeeping } from '../usecases/ports/housekeeping.ts';
import type { JobAdminStore } from '../usecases/ports/job-admin-store.ts';
import type { JobCounts, JobStore } from '../usecases/ports/job-store.ts';
import type { KeyStore, StoredKey } from '../usecases/ports/key-store.ts';
import type { LeaseStore } from '../usecases/ports/lease-store.ts';
import type { PersonKeyStore, StoredPersonKey } from '../usecases/ports/person-keys.ts';
import type { OnceKey, RequestQuery, RequestStore } from '../usecases/ports/request-store.ts';
import type { SessionStore, StoredSession } from '../usecases/ports/session-store.ts';
import type { Migration } from './migrations.ts';
import {
  frontierFrom,
  leafFrom,
  personFrom,
  placedFrom,
  requestFrom,
  storedJobFrom,
} from './rows.ts';
import type {
  FrontierRow,
  LeafRow,
  PersonRow,
  PlacedRow,
  RequestRow,
  StoredJobRow,
} from './rows.ts';
import type { SharedQuery } from './shared-query.ts';

/** Values of the parameters of a statement, by name. */
export type Values = Readonly<Record<string, string | number | null>>;

/** How an engine reads. */
export interface ReadEngine<Query> {
  readonly queries: Readonly<Record<SharedQuery, Query>>;
  /** The rows of one statement, which sees a consistent snapshot. */
  all<Row>(query: Query, values: Values): Promise<readonly Row[]>;
  /** Encodes a list as one parameter. */
  list(items: readonly string[]): string;
  /** The stored form of a once-key. */
  onceKey(key: string): string;
}

/** The reading methods of the port. */
export type Reader = Omit<RequestStore, 'commit'> &
  CardStore &
  Pick<JobStore, 'nextJobAt' | 'countJobs'> &
  Pick<JobAdminStore, 'listJobs' | 'findJob'> &
  Omit<AuditStore, 'seal'> &
  Pick<SessionStore, 'findSession' | 'sessionsNotEncryptedWith'> &
  Pick<KeyStore, 'listKeys'> &
  PersonKeyStore &
  Pick<LeaseStore, 'countLeases'> &
  Pick<Housekeeping, 'now'>;

/** A store that is open for reading: it is not created, migrated or written. */
export interface ReadOnlyStore extends Reader {
  /** The migrations that the store lacks. */
  pendingMigrations(): Promise<readonly Migration[]>;
  /** @throws StoreError `store_unfinished` while a copy into this store is unfinished. */
  refuseUnfinished(): Promise<void>;
  close(): Promise<void>;
}

/** Creates the reading methods. Each is one statement. */
export function readerOver<Query>(engine: ReadEngine<Query>): Reader {
  const { all, list, queries } = engine;
  const get = async <Row>(query: Query, values: Values = {}) => (await all<Row>(query, values))[0];
  const request = (row: RequestRow | undefined) => row && requestFrom(row);
  return {
    loadRequest: async (id) => request(await get<RequestRow>(queries.LOAD_REQUEST, { id })),
    async loadWithCards(id) {
      const row = await get<WithCardsRow>(queries.LOAD_WITH_CARDS, { id });
      return row && { request: requestFrom(row), cards: JSON.parse(row.cards ?? '[]') as Card[] };
    },
    findRequest: async (number) => request(await get<RequestRow>(queries.FIND_REQUEST, { number })),
    async findOnceKey(kind, key) {
      const values = { kind, key: engine.onceKey(key) };
      const found = await get<Omit<OnceKey, 'key'>>(queries.FIND_ONCE_KEY, values);
      return found && { ...found, key };
    },
    listRequests: async (query) =>
      (await all<RequestRow>(...listing(query, engine))).map(requestFrom),

    findConversation: (key) => get<Conversation>(queries.FIND_CONVERSATION, { key }),
    findPeople: async (roles, limit) =>
      (await all<PersonRow>(queries.FIND_PEOPLE, { roles: list(roles), limit })).map(personFrom),
    async findPerson(key) {
      const row = await get<PersonRow>(queries.FIND_PERSON, { key });
      return row && personFrom(row);
    },

    async listJobs({ states, ...page }) {
      const isParked = states.every((state) => state === 'dead' || state === 'undeliverable');
      const query = isParked ? queries.LIST_PARKED_JOBS : queries.LIST_JOBS;
      const values = { ...page, states: list(states) };
      return (await all<StoredJobRow>(query, values)).map(storedJobFrom);
    },
    async findJob(key) {
      const row = await get<StoredJobRow>(queries.FIND_JOB, { key });
      return row && storedJobFrom(row);
    },
    nextJobAt: async () => (await get<{ at: number | null }>(queries.NEXT_JOB_AT))?.at ?? undefined,
    countJobs: async () =>
      (await get<JobCounts>(queries.COUNT_JOBS)) ?? { waiting: 0, dead: 0, undeliverable: 0 },
    async countLeases({ prefix, now }) {
      const values = { first: prefix, below: `${prefix}~`, now };
      return (await get<{ held: number }>(queries.COUNT_LEASES, values))?.held ?? 0;
    },

    ...logReader(engine),
    findSession: ({ objectId, tenantId, provider }) =>
      get<StoredSession>(queries.FIND_SESSION, { objectId, tenantId, provider }),
    sessionsNotEncryptedWith: (encryptedWith, limit) =>
      all<StoredSession>(queries.NOT_ENCRYPTED_WITH, { encryptedWith, limit }),

    findPersonKeys: (persons) =>
      all<StoredPersonKey>(queries.FIND_PERSON_KEYS, { persons: list(persons) }),
    findPseudonyms: (pseudonyms) =>
      all<StoredPersonKey>(queries.FIND_PSEUDONYMS, { pseudonyms: list(pseudonyms) }),
    listKeys: (purpose) => all<StoredKey>(queries.LIST_KEYS, { purpose }),
    now: async () => (await get<{ now: number }>(queries.NOW))?.now ?? Number.NaN,
  };
}

function logReader<Query>({ all, list, queries }: ReadEngine<Query>): Omit<AuditStore, 'seal'> {
  const get = async <Row>(query: Query) => (await all<Row>(query, {}))[0];
  return {
    unsealedEvents: (limit) => all<StoredEvent>(queries.UNSEALED_EVENTS, { limit }),
    listEvents: async ({ after, limit }) =>
      (await all<PlacedRow>(queries.LIST_EVENTS, { after, limit })).map(placedFrom),
    eventsOfRequests: (requestIds) =>
      all<StoredEvent>(queries.EVENTS_OF_REQUESTS, { requestIds: list(requestIds) }),
    eventsOf: (requestId) => all<StoredEvent>(queries.EVENTS_OF, { requestId }),
    readLeaves: async ({ from, limit }) =>
      (await all<LeafRow>(queries.READ_LEAVES, { from, limit })).map(leafFrom),
    treeSize: async () => (await get<{ size: number }>(queries.TREE_SIZE))?.size ?? 0,
    async frontier() {
      const row = await get<FrontierRow>(queries.FRONTIER);
      return row && frontierFrom(row);
    },
    lastCheckpoint: () => get<AuditCheckpoint>(queries.LAST_CHECKPOINT),
    listCheckpoints: ({ from, limit }) =>
      all<AuditCheckpoint>(queries.LIST_CHECKPOINTS, { from, limit }),
  };
}

interface WithCardsRow extends RequestRow {
  /** JSON; null on SQL Server if there are none. */
  readonly cards: string | null;
}

/** Selects the statement of a list: each filter has its own statement and index. */
function listing<Query>(
  { workflow, requester, readers, before = Number.MAX_SAFE_INTEGER, limit, states }: RequestQuery,
  { queries, list }: ReadEngine<Query>,
): [query: Query, values: Values] {
  const page = { states: list([...new Set(states ?? REQUEST_STATES)]), before, limit };
  if (readers !== undefined) {
    const open = new Set((states ?? REQUEST_STATES).map((state) => (isEnded(state) ? '0' : '1')));
    const filter = { workflow: workflow ?? '', requester: requester ?? '' };
    const lists = { readers: list(readers), open: list([...open]) };
    return [queries.LIST_READABLE, { ...page, ...lists, ...filter }];
  }
  if (requester !== undefined && workflow !== undefined) {
    return [queries.LIST_BY_REQUESTER_AND_WORKFLOW, { ...page, requester, workflow }];
  }
  if (requester !== undefined) return [queries.LIST_BY_REQUESTER, { ...page, requester }];
  if (workflow !== undefined) return [queries.LIST_BY_WORKFLOW, { ...page, workflow }];
  if (states !== undefined) return [queries.LIST_BY_STATE, page];
  return [queries.LIST_REQUESTS, { before, limit }];
}
