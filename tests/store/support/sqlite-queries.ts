import * as audit from '../../../src/store/sqlite/queries/audit.ts';
import * as cards from '../../../src/store/sqlite/queries/cards.ts';
import * as changes from '../../../src/store/sqlite/queries/changes.ts';
import * as erasure from '../../../src/store/sqlite/queries/erasure.ts';
import * as housekeeping from '../../../src/store/sqlite/queries/housekeeping.ts';
import * as jobs from '../../../src/store/sqlite/queries/jobs.ts';
import * as keys from '../../../src/store/sqlite/queries/keys.ts';
import * as leases from '../../../src/store/sqlite/queries/leases.ts';
import * as people from '../../../src/store/sqlite/queries/people.ts';
import * as personKeys from '../../../src/store/sqlite/queries/person-keys.ts';
import * as readers from '../../../src/store/sqlite/queries/readers.ts';
import * as requests from '../../../src/store/sqlite/queries/requests.ts';
import * as schema from '../../../src/store/sqlite/queries/schema.ts';
import * as sessions from '../../../src/store/sqlite/queries/sessions.ts';
import * as signIn from '../../../src/store/sqlite/queries/sign-in.ts';

/** Every statement of the SQLite store by its file; a test checks that no file is missing. */
export const SQLITE_QUERIES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  audit,
  cards,
  changes,
  erasure,
  housekeeping,
  jobs,
  keys,
  leases,
  people,
  'person-keys': personKeys,
  readers,
  requests,
  schema,
  sessions,
  'sign-in': signIn,
};

const RARE = 'an erasure is rare, and reads whole tables';

/** Statements that may scan, and why the scan does not grow with the number of requests. */
export const COLD: Readonly<Record<string, string>> = {
  UNSEALED_EVENTS: 'walks the table of what waits to be sealed by its key, up to a limit',
  LAST_CHECKPOINT: 'the last row of its table by the row id: one step',
  TREE_SIZE: 'the last row id of its table: one step',
  COUNT_JOBS: 'for metrics: every job that waits, in the smallest index',
  WAKE_CARDS: 'the news of an installation is rare, and reads all jobs',
  NOW: 'touches no table',
  APPLIED: 'at start: one row a migration',
  SURVEY: 'at start: one row a table',
  CREATE_SCHEMA_TABLE: 'at the very first start',
  FIND_KNOWN_AS: RARE,
  FIND_NAMING: RARE,
  ANY_NAMING: RARE,
  DELETE_CHAT_CARDS: RARE,
  CLEAR_JOB_ERRORS: RARE,
  DELETE_REPEATS: RARE,
  DELETE_ROLES: RARE,
  DELETE_PEOPLE: RARE,
  DELETE_CONVERSATIONS: RARE,
  DELETE_SESSIONS: RARE,
  DELETE_LINKS: RARE,
  DELETE_REPLIES: RARE,
  DELETE_READERS: RARE,
};

/** Allowed sorts in memory, of bounded sets. */
export const SMALL_SORTS: Readonly<Record<string, string>> = {
  LIST_BY_STATE: 'one page of each state asked for',
  LIST_BY_WORKFLOW: 'one page of each state asked for',
  LIST_BY_REQUESTER: 'one page of each state asked for',
  LIST_BY_REQUESTER_AND_WORKFLOW: 'one page of each state asked for',
  LIST_READABLE: 'one page of each role and claim of the reader',
  LIST_PARKED_JOBS: 'what was given up and not dropped yet',
  LOAD_WITH_CARDS: 'the copies of the card of one request',
  EVENTS_OF: 'the events of one request',
  FIND_PEOPLE: 'as many people a role as are asked for',
  REDEEM: 'the links of one person, twenty at most',
  BOUND_LINKS: 'the links of one person, twenty at most',
};
