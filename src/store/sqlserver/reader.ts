import { REQUEST_STATES } from '../../domain/request/state.ts';
import type { Request } from '../../domain/request/request.ts';
import type { AuditCheckpoint, AuditStore, StoredEvent } from '../../usecases/ports/audit-store.ts';
import type { Card } from '../../domain/request/cards.ts';
import type { CardStore, Conversation } from '../../usecases/ports/card-store.ts';
import type { JobStore } from '../../usecases/ports/job-store.ts';
import type { KeyStore, StoredKey } from '../../usecases/ports/key-store.ts';
import type { LeaseStore } from '../../usecases/ports/lease-store.ts';
import type { OnceKey, RequestQuery, RequestStore } from '../../usecases/ports/request-store.ts';
import type { PersonKeyStore, StoredPersonKey } from '../../usecases/ports/person-keys.ts';
import type { SessionStore, StoredSession } from '../../usecases/ports/session-store.ts';
import { frontierFrom, leafFrom, personFrom, requestFrom } from '../rows.ts';
import type { FrontierRow, LeafRow, PersonRow, RequestRow } from '../rows.ts';
import { storedOnceKey } from './encode-change.ts';
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
import { encodeRows } from './query.ts';
import type { Query, ValuesOf } from './query.ts';
import type { Row, Pool } from './pool.ts';

/** The reading methods of the port. */
export type Reader = Omit<RequestStore, 'commit'> &
  CardStore &
  Pick<JobStore, 'nextJobAt' | 'countJobs'> &
  Omit<AuditStore, 'seal'> &
  Pick<SessionStore, 'findSession' | 'sessionsNotEncryptedWith'> &
  Pick<KeyStore, 'listKeys'> &
  PersonKeyStore &
  Pick<LeaseStore, 'countLeases'>;

/** Creates the reading methods. Each is one statement and one round trip. */
export function createReader(pool: Pool): Reader {
  const { all, get } = statementsOf(pool);
  const request = (row: RequestRow | undefined) => (row ? storedRequest(row) : undefined);
  return {
    loadRequest: async (id) => request(await get<RequestRow>(LOAD_REQUEST, { id })),
    async loadWithCards(id) {
      const row = await get<RequestRow & { cards: string | null }>(LOAD_WITH_CARDS, { id });
      if (!row) return undefined;
      const cards = row.cards === null ? [] : (JSON.parse(row.cards) as Card[]);
      return { request: storedRequest(row), cards };
    },
    findRequest: async (number) => request(await get<RequestRow>(FIND_REQUEST, { number })),
    async findOnceKey(kind, key) {
      const found = await get<Omit<OnceKey, 'key'>>(FIND_ONCE_KEY, {
        kind,
        key: storedOnceKey(key),
      });
      return found ? { ...found, key } : undefined;
    },
    listRequests: async (query) => (await listing(pool, query)).map(storedRequest),

    findConversation: (key) => get<Conversation>(FIND_CONVERSATION, { key }),
    async findPeople(roles, limit) {
      const rows = await all<PersonRow>(FIND_PEOPLE, { roles: encodeRows(roles), limit });
      return rows.map(personFrom);
    },
    async findPerson(key) {
      const row = await get<PersonRow>(FIND_PERSON, { key });
      return row ? personFrom(row) : undefined;
    },

    nextJobAt: async () => (await get<{ at: number | null }>(NEXT_JOB_AT, {}))?.at ?? undefined,
    countJobs: async () =>
      (await get<{ waiting: number; dead: number }>(COUNT_JOBS, {})) ?? { waiting: 0, dead: 0 },

    ...readsOfLog({ all, get }),
    async countLeases({ prefix, now }) {
      const names = { first: prefix, below: `${prefix}~` };
      return Number((await get<{ held: number }>(COUNT_LEASES, { ...names, now }))?.held ?? 0);
    },
    findSession: ({ objectId, tenantId, provider }) =>
      get<StoredSession>(FIND_SESSION, { objectId, tenantId, provider }),
    sessionsNotEncryptedWith: (encryptedWith, limit) =>
      all<StoredSession>(NOT_ENCRYPTED_WITH, { encryptedWith, limit }),

    findPersonKeys: (persons) =>
      all<StoredPersonKey>(FIND_PERSON_KEYS, { persons: encodeRows(persons) }),
    findPseudonyms: (pseudonyms) =>
      all<StoredPersonKey>(FIND_PSEUDONYMS, { pseudonyms: encodeRows(pseudonyms) }),
    listKeys: (purpose) => all<StoredKey>(LIST_KEYS, { purpose }),
  };
}

type Statements = ReturnType<typeof statementsOf>;

/** All rows of a statement, or the first one. */
function statementsOf(pool: Pool) {
  const all = async <Found, Asked extends Query = Query>(asked: Asked, values: ValuesOf<Asked>) =>
    (await pool.all(asked, values, { repeat: 'twice' })) as unknown as readonly Found[];
  return {
    all,
    get: async <Found>(asked: Query, values: ValuesOf<Query>) =>
      (await all<Found>(asked, values))[0],
  };
}

function readsOfLog({ all, get }: Statements): Omit<AuditStore, 'seal'> {
  return {
    unsealedEvents: (limit) => all<StoredEvent>(UNSEALED_EVENTS, { limit }),
    eventsOf: (requestId) => all<StoredEvent>(EVENTS_OF, { requestId }),
    readLeaves: async ({ from, limit }) =>
      (await all<LeafRow>(READ_LEAVES, { from, limit })).map(leafFrom),
    treeSize: async () => (await get<{ size: number }>(TREE_SIZE, {}))?.size ?? 0,
    async frontier() {
      const row = await get<FrontierRow>(FRONTIER, {});
      return row ? frontierFrom(row) : undefined;
    },
    lastCheckpoint: () => get<AuditCheckpoint>(LAST_CHECKPOINT, {}),
    listCheckpoints: (page) => all<AuditCheckpoint>(LIST_CHECKPOINTS, page),
  };
}

/** The request of a row. This engine joins the decisions with commas. */
export function storedRequest({ decisions, ...row }: RequestRow): Request {
  return requestFrom({ ...row, decisions: decisions === null ? null : `[${decisions}]` });
}

/** Reads a list. Each filter has its own statement and index. */
async function listing(pool: Pool, query: RequestQuery): Promise<RequestRow[]> {
  const { workflow, requester, limit } = query;
  const before = query.before ?? Number.MAX_SAFE_INTEGER;
  const states = encodeRows([...new Set(query.states ?? REQUEST_STATES)]);
  const page = { states, before, limit };
  const rows = async <Asked extends Query>(asked: Asked, values: ValuesOf<Asked>) =>
    [...(await pool.all(asked, values, { repeat: 'twice' }))] as (Row & RequestRow)[];
  if (requester !== undefined && workflow !== undefined) {
    return rows(LIST_BY_REQUESTER_AND_WORKFLOW, { ...page, requester, workflow });
  }
  if (requester !== undefined) return rows(LIST_BY_REQUESTER, { ...page, requester });
  if (workflow !== undefined) return rows(LIST_BY_WORKFLOW, { ...page, workflow });
  if (query.states !== undefined) return rows(LIST_BY_STATE, page);
  return rows(LIST_REQUESTS, { before, limit });
}
