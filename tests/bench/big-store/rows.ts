import type { SQLInputValue } from 'node:sqlite';
import { askedPart, decisionPart, progressPart } from '../../../src/store/rows.ts';
import { decision, event, person, request } from '../../store/build.ts';

/** The size of the history, and its end (ms). */
export interface Size {
  readonly requests: number;
  readonly now: number;
}

export const eventsEach = 5;
export const WORKFLOWS = 8;
const DAY_MS = 86_400_000;
const FEWEST_PEOPLE = 8;
/** Of a hundred: 84 applied, 12 pending, 2 denied, 1 expired, 1 failed. */
const STATE = `CASE
  WHEN (i * 7919) % 100 < 84 THEN 'applied' WHEN (i * 7919) % 100 < 96 THEN 'pending'
  WHEN (i * 7919) % 100 < 98 THEN 'denied' WHEN (i * 7919) % 100 < 99 THEN 'expired'
  ELSE 'failed' END`;

/** The id of a number: sorted by number, and before every new id. */
export const idOf = (prefix: string, number: number): string =>
  `${prefix}_${String(number).padStart(26, '0')}`;
const id = (prefix: string, number = 'i') => `printf('${prefix}_%026d', ${number})`;

/** The number of requesters: about 500 requests each in a big store. */
export function peopleOf({ requests }: Size): number {
  return Math.max(FEWEST_PEOPLE, Math.floor(requests / 500));
}
export const personKey = (number: number): string => person(`p${number}`).key;
export const workflowOf = (number: number): string => `workflow-${number}`;

// Templates of realistic values, with placeholders where rows differ.
const MARKED = request({
  id: '@id@',
  workflow: '@workflow@',
  state: 'pending',
  requester: person('@who@'),
  beneficiary: person('@who@'),
});
const ASKED = askedPart(MARKED);
const PROGRESS = progressPart(MARKED);
const DECISION = decisionPart(decision(MARKED, { id: '@decision@' }));
const EVENT = event(MARKED, {
  data: { evidence: { ...decision(MARKED).evidence, token: null } },
}).body;

const WHO = `'p' || ((i * 104729) % CAST(? AS INTEGER))`;
const NUMBERS = 'WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < ?)';

interface Fill {
  readonly sql: string;
  values(size: Size): SQLInputValue[];
}

const REQUESTS: Fill = {
  sql: `${NUMBERS}, r AS (
    SELECT i, ${id('req')} AS id, ${STATE} AS state, ${WHO} AS who,
      'workflow-' || ((i * 31) % ${WORKFLOWS}) AS workflow FROM n)
    INSERT INTO requests (number, id, version, state, workflow, requester_key, asked, progress)
    SELECT i, id, CASE state WHEN 'pending' THEN 1 ELSE 3 END, state, workflow,
      replace('${person('@who@').key}', '@who@', who),
      replace(replace(replace(?, '@id@', id), '@workflow@', workflow), '@who@', who),
      replace(?, '"state":"pending"', '"state":"' || state || '"') FROM r`,
  values: (size) => [size.requests, peopleOf(size), ASKED, PROGRESS],
};

const DECISIONS: Fill = {
  sql: `INSERT INTO decisions (id, request_id, stage, approver_key, nth, at, body)
    SELECT ${id('dec', 'number')}, id, 'stage-1', ?, 1, ?,
      replace(replace(?, '@id@', id), '@decision@', ${id('dec', 'number')})
    FROM requests WHERE state IN ('applied', 'denied', 'failed') ORDER BY number`,
  values: ({ now }) => [person('alex').key, now - DAY_MS, DECISION],
};

const CARDS: Fill = {
  sql: `INSERT INTO cards
      (id, request_id, state, channel, conversation_id, service_url, activity_id, posted_revision)
    SELECT ${id('card', 'number')}, id, 'posted', 'prod-approvals', '19:thread' || number || '@thread.tacv2',
      'https://smba.trafficmanager.net/emea/', 'a:' || number, version
    FROM requests ORDER BY number`,
  values: () => [],
};

/** The expiry timers of pending requests, and some dead jobs. */
const JOBS: Fill = {
  sql: `INSERT INTO jobs (key, kind, about_type, about_id, priority, run_at, due_at, parked)
    SELECT CASE WHEN state = 'pending' THEN 'expire:' ELSE 'card:' END || id,
      CASE WHEN state = 'pending' THEN 'expire' ELSE 'card' END, 'request', id,
      CASE WHEN state = 'pending' THEN 0 ELSE 1 END, ? + number,
      CASE WHEN state = 'pending' THEN ? + number END,
      CASE WHEN state = 'pending' THEN NULL ELSE 'dead' END
    FROM requests WHERE state = 'pending' OR state = 'failed' AND number % 10 = 0 ORDER BY 1`,
  values: ({ now }) => [now + DAY_MS, now + DAY_MS],
};

/** Rows with a retention time: those of a week. */
const KEPT = 'SELECT i FROM n';
const kept = (requests: number) => 4_000 + Math.floor(requests / 10);
const CHANGES: Fill = {
  sql: `${NUMBERS} INSERT INTO changes (id, request_id, at)
    SELECT ${id('chg')}, ${id('req')}, ? + i FROM (${KEPT})`,
  values: ({ requests, now }) => [kept(requests), now - 7 * DAY_MS],
};
const ONCE_KEYS: Fill = {
  sql: `${NUMBERS} INSERT INTO once_keys (kind, key, request_id, fingerprint, expires_at)
    SELECT 'token', ${id('key')}, ${id('req')}, 'print', ? + i FROM (${KEPT})`,
  values: ({ requests, now }) => [kept(requests), now],
};

/** Twenty approvers, and all requesters. */
const PEOPLE: Fill = {
  sql: `${NUMBERS} INSERT INTO people
      (key, tenant_id, object_id, user_id, name, roles, claims, seen_at)
    SELECT 'person:contoso:oid-' || i, 'contoso', 'oid-' || i, '29:' || i, 'Person ' || i,
      CASE WHEN i <= 20 THEN '["approver"]' ELSE '["developer"]' END, '{"department":"it"}', ? + i
    FROM n`,
  values: (size) => [20 + peopleOf(size), size.now - DAY_MS],
};
const ROLES: Fill = {
  sql: `INSERT INTO people_roles (person_key, role, seen_at)
    SELECT key, json_extract(roles, '$[0]'), seen_at FROM people ORDER BY key`,
  values: () => [],
};

const EVENTS: Fill = {
  sql: `${NUMBERS} INSERT INTO audit_events (id, at, type, request_id, body)
    SELECT ${id('evt')}, ? + i,
      CASE i % ${eventsEach} WHEN 1 THEN 'request.submitted' WHEN 2 THEN 'card.posted'
        WHEN 3 THEN 'request.decided' WHEN 4 THEN 'request.approved' ELSE 'request.applied' END,
      ${id('req', `(i - 1) / ${eventsEach} + 1`)}, ? FROM n`,
  values: ({ requests, now }) => [requests * eventsEach, now - requests * eventsEach, EVENT],
};

/** All rows but leaves and checkpoints, in the order of the references. */
export const FILL: readonly Fill[] = [
  REQUESTS,
  DECISIONS,
  CARDS,
  JOBS,
  CHANGES,
  ONCE_KEYS,
  PEOPLE,
  ROLES,
  EVENTS,
];
