import { REQUEST_STATES } from '../../domain/request/state.ts';
import type { AuditCheckpoint, AuditStore, StoredEvent } from '../../usecases/ports/audit-store.ts';
import type { Card } from '../../domain/request/cards.ts';
import type { CardStore, Conversation } from '../../usecases/ports/card-store.ts';
import type { ErasureStore, KnownAs } from '../../usecases/ports/erasure-store.ts';
import type { JobStore } from '../../usecases/ports/job-store.ts';
import type { KeyStore, StoredKey } from '../../usecases/ports/key-store.ts';
import type { LeaseStore } from '../../usecases/ports/lease-store.ts';
import type { OnceKey, RequestQuery, RequestStore } from '../../usecases/ports/request-store.ts';
import type { PersonKeyStore, StoredPersonKey } from '../../usecases/ports/person-keys.ts';
import type { SessionStore, StoredSession } from '../../usecases/ports/session-store.ts';
import { frontierFrom, leafFrom, personFrom, requestFrom } from '../rows.ts';
import type { FrontierRow, LeafRow, PersonRow, RequestRow } from '../rows.ts';
import { storeClosed, toStoreError } from './errors.ts';
import {
  EVENTS_OF,
  FRONTIER,
  LAST_CHECKPOINT,
  LIST_CHECKPOINTS,
  READ_LEAVES,
  TREE_SIZE,
  UNSEALED_EVENTS,
} from './queries/audit.ts';
import { FIND_CONVERSATION } from './queries/cards.ts';
import { FIND_ONCE_KEY } from './queries/changes.ts';
import { FIND_KNOWN_AS } from './queries/erasure.ts';
import { COUNT_JOBS, NEXT_JOB_AT } from './queries/jobs.ts';
import { LIST_KEYS } from './queries/keys.ts';
import { COUNT_LEASES } from './queries/leases.ts';
import { FIND_PEOPLE, FIND_PERSON } from './queries/people.ts';
import { FIND_PERSON_KEYS, FIND_PSEUDONYMS } from './queries/person-keys.ts';
import {
  FIND_REQUEST,
  LIST_BY_REQUESTER,
  LIST_BY_REQUESTER_AND_WORKFLOW,
  LIST_BY_STATE,
  LIST_BY_WORKFLOW,
  LIST_REQUESTS,
  LOAD_REQUEST,
  LOAD_WITH_CARDS,
} from './queries/requests.ts';
import { FIND_SESSION, NOT_ENCRYPTED_WITH } from './queries/sessions.ts';
import { openReader } from './connection.ts';
import type { Row, Connection } from './connection.ts';

/** The reading methods of the port. */
export type Reader = Omit<RequestStore, 'commit'> &
  CardStore &
  Pick<JobStore, 'nextJobAt' | 'countJobs'> &
  Omit<AuditStore, 'seal'> &
  Pick<SessionStore, 'findSession' | 'sessionsNotEncryptedWith'> &
  Pick<KeyStore, 'listKeys'> &
  PersonKeyStore &
  Pick<ErasureStore, 'findKnownAs'> &
  Pick<LeaseStore, 'countLeases'>;

/**
 * Reads on the calling thread, because a read from the page cache is faster than a message to another
 * thread. Each method is one statement, so it sees a consistent snapshot.
 */
export function createReader(connection: Connection): Reader {
  const { all, get } = statementsOf(connection);
  const request = (row: RequestRow | undefined) => (row ? requestFrom(row) : undefined);
  return {
    loadRequest: async (id) => request(await get<RequestRow>(LOAD_REQUEST, { id })),
    loadWithCards: (id) =>
      read(connection, () => {
        const row = connection.get(LOAD_WITH_CARDS, { id }) as WithCardsRow | undefined;
        return row && { request: requestFrom(row), cards: JSON.parse(row.cards) as Card[] };
      }),
    findRequest: async (number) => request(await get<RequestRow>(FIND_REQUEST, { number })),
    findOnceKey: (kind, key) => get<OnceKey>(FIND_ONCE_KEY, { kind, key }),
    listRequests: async (query) => (await all<RequestRow>(...listing(query))).map(requestFrom),

    findConversation: (key) => get<Conversation>(FIND_CONVERSATION, { key }),
    async findPeople(roles, limit) {
      const rows = await all<PersonRow>(FIND_PEOPLE, { roles: JSON.stringify(roles), limit });
      return rows.map(personFrom);
    },
    async findPerson(key) {
      const row = await get<PersonRow>(FIND_PERSON, { key });
      return row ? personFrom(row) : undefined;
    },

    nextJobAt: async () => (await get<{ at: number | null }>(NEXT_JOB_AT))?.at ?? undefined,
    countJobs: async () =>
      (await get<{ waiting: number; dead: number }>(COUNT_JOBS)) ?? { waiting: 0, dead: 0 },

    ...readsOfLog({ all, get }),
    async countLeases({ prefix, now }) {
      const row = await get<{ held: number }>(COUNT_LEASES, {
        first: prefix,
        below: `${prefix}~`,
        now,
      });
      return row?.held ?? 0;
    },
    findSession: ({ objectId, tenantId, provider }) =>
      get<StoredSession>(FIND_SESSION, { objectId, tenantId, provider }),
    sessionsNotEncryptedWith: (key, limit) =>
      all<StoredSession>(NOT_ENCRYPTED_WITH, { key, limit }),

    findKnownAs: ({ names, objectIds }) =>
      all<KnownAs>(FIND_KNOWN_AS, {
        names: JSON.stringify(names),
        objectIds: JSON.stringify(objectIds),
      }),
    findPersonKeys: (persons) =>
      all<StoredPersonKey>(FIND_PERSON_KEYS, { persons: JSON.stringify(persons) }),
    findPseudonyms: (pseudonyms) =>
      all<StoredPersonKey>(FIND_PSEUDONYMS, { pseudonyms: JSON.stringify(pseudonyms) }),
    listKeys: (purpose) => all<StoredKey>(LIST_KEYS, { purpose }),
  };
}

type Statements = ReturnType<typeof statementsOf>;

/** Rows as plain objects, as in the port: node:sqlite returns rows without a prototype. */
function statementsOf(connection: Connection) {
  return {
    all: <Found>(sql: string, row?: Row) =>
      read(connection, () => (connection.all(sql, row) as Found[]).map((found) => ({ ...found }))),
    get: <Found>(sql: string, row?: Row) =>
      read(connection, () => {
        const found = connection.get(sql, row) as Found | undefined;
        return found === undefined ? undefined : { ...found };
      }),
  };
}

function readsOfLog({ all, get }: Statements): Omit<AuditStore, 'seal'> {
  return {
    unsealedEvents: (limit) => all<StoredEvent>(UNSEALED_EVENTS, { limit }),
    eventsOf: (requestId) => all<StoredEvent>(EVENTS_OF, { requestId }),
    readLeaves: async ({ from, limit }) =>
      (await all<LeafRow>(READ_LEAVES, { from, limit })).map(leafFrom),
    treeSize: async () => (await get<{ size: number }>(TREE_SIZE))?.size ?? 0,
    async frontier() {
      const row = await get<FrontierRow>(FRONTIER);
      return row ? frontierFrom(row) : undefined;
    },
    lastCheckpoint: () => get<AuditCheckpoint>(LAST_CHECKPOINT),
    listCheckpoints: ({ from, limit }) => all<AuditCheckpoint>(LIST_CHECKPOINTS, { from, limit }),
  };
}

/** Opens an existing database read-only. @throws StoreError. */
export async function openSqliteReader(path: string): Promise<Reader & { close(): Promise<void> }> {
  try {
    const connection = openReader(path, { busyMs: 1_000 });
    return { ...createReader(connection), close: async () => connection.close() };
  } catch (error) {
    throw toStoreError(error);
  }
}

/** Runs a read, and converts errors of SQLite to StoreErrors. */
export async function read<Value>(connection: Connection, take: () => Value): Promise<Value> {
  if (!connection.database.isOpen) throw storeClosed();
  try {
    return take();
  } catch (error) {
    throw toStoreError(error);
  }
}

interface WithCardsRow extends RequestRow {
  readonly cards: string;
}

/** Selects the statement of a list and its parameters. */
function listing(query: RequestQuery): [sql: string, row: Row] {
  const { workflow, requester, limit } = query;
  const before = query.before ?? Number.MAX_SAFE_INTEGER;
  const states = JSON.stringify([...new Set(query.states ?? REQUEST_STATES)]);
  if (requester !== undefined && workflow !== undefined) {
    return [LIST_BY_REQUESTER_AND_WORKFLOW, { states, requester, workflow, before, limit }];
  }
  if (requester !== undefined) return [LIST_BY_REQUESTER, { states, requester, before, limit }];
  if (workflow !== undefined) return [LIST_BY_WORKFLOW, { states, workflow, before, limit }];
  if (query.states !== undefined) return [LIST_BY_STATE, { states, before, limit }];
  return [LIST_REQUESTS, { before, limit }];
}
