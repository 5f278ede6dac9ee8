import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { migrate } from '../../src/store/sqlite/migrate.ts';
import * as audit from '../../src/store/sqlite/queries/audit.ts';
import * as cards from '../../src/store/sqlite/queries/cards.ts';
import * as changes from '../../src/store/sqlite/queries/changes.ts';
import * as housekeeping from '../../src/store/sqlite/queries/housekeeping.ts';
import * as jobs from '../../src/store/sqlite/queries/jobs.ts';
import * as keys from '../../src/store/sqlite/queries/keys.ts';
import * as people from '../../src/store/sqlite/queries/people.ts';
import * as requests from '../../src/store/sqlite/queries/requests.ts';
import * as sessions from '../../src/store/sqlite/queries/sessions.ts';
import * as signIn from '../../src/store/sqlite/queries/sign-in.ts';
import { openWriter } from '../../src/store/sqlite/session.ts';
import type { Session } from '../../src/store/sqlite/session.ts';
import { temporaryPath } from './open-sqlite.ts';

/** Every query, and the index that serves those whose table grows. */
const INDEX: Record<string, string> = {
  LIST_BY_STATE: 'requests_by_state (state=? AND rowid<?)',
  LIST_BY_WORKFLOW: 'requests_by_workflow (workflow=? AND state=? AND rowid<?)',
  LIST_BY_REQUESTER: 'requests_by_requester (requester_key=? AND state=? AND rowid<?)',
  LIST_BY_REQUESTER_AND_WORKFLOW:
    'requests_by_requester (requester_key=? AND state=? AND rowid<?)',
  LIST_REQUESTS: 'INTEGER PRIMARY KEY (rowid<?)',
  CLAIM_JOBS: 'jobs_by_due (due_at<?)',
  ANY_DUE: 'jobs_by_due (due_at<?)',
  NEXT_JOB_AT: 'jobs_by_due (due_at>?)',
  LOAD_WITH_CARDS: 'cards_by_request (request_id=?)',
  UPSERT_CARD: 'cards_by_message (conversation_id=? AND activity_id=?)',
  FIND_PEOPLE: 'people_roles_by_role (role=?)',
  // Of one person there are twenty links at most.
  REDEEM: 'sign_in_links_by_person (tenant_id=? AND object_id=?',
  PURGE_CLAIMS: 'claims_by_expiry (expires_at<?)',
  PURGE_CHANGES: 'changes_by_time (at<?)',
  PURGE_LINKS: 'sign_in_links_by_expiry (expires_at<?)',
  BOUND_LINKS: 'sign_in_links_by_person (tenant_id=? AND object_id=?)',
  PURGE_SESSIONS: 'sessions_by_end (ends_at<?)',
  NOT_SEALED_WITH: 'sessions_by_key (sealed_with<?)',
  END_PRINCIPAL: 'sessions_by_principal (principal=?)',
  READ_LEAVES: 'INTEGER PRIMARY KEY (rowid>?)',
};

/** Scans that are meant: of a parameter's list, of a table that holds only what is to be done. */
const MEANT = [/^SCAN [srx]? ?VIRTUAL TABLE/, /^SCAN \w+ VIRTUAL TABLE/, /^SCAN CONSTANT ROW/];
const WHOLE_TABLE = [
  'UNSEALED_EVENTS', 'COUNT_JOBS', 'TREE_SIZE', 'LAST_CHECKPOINT', 'END_ALL', 'NOT_SEALED_WITH',
];

describe('plans of the SQLite queries', () => {
  const file = temporaryPath();
  let session: Session;
  beforeAll(() => {
    session = openWriter(file.path, { busyMs: 100 });
    migrate(session, { now: 1, patienceMs: 100 });
  });
  afterAll(() => {
    session.close();
    file.remove();
  });

  const all = Object.entries({
    ...audit, ...cards, ...changes, ...housekeeping, ...jobs, ...keys, ...people, ...requests,
    ...signIn, ...sessions,
  });

  test.each(all)('%s walks an index', (name, sql) => {
    const plan = (session.all(`EXPLAIN QUERY PLAN ${sql}`) as { detail: string }[])
      .map(({ detail }) => detail);
    const scans = plan.filter((step) =>
      step.startsWith('SCAN') && !MEANT.some((meant) => meant.test(step)));
    if (!WHOLE_TABLE.includes(name)) expect(scans).toEqual([]);
    expect(plan.join('\n')).toContain(INDEX[name] ?? '');
  });

  test('every index that a query is promised belongs to a query', () => {
    expect(all.map(([name]) => name)).toEqual(expect.arrayContaining(Object.keys(INDEX)));
  });
});
