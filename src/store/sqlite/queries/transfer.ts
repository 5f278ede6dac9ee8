import type { TransferKey, TransferTable } from '../../transfer.ts';

/** Reads a table completely, in pages by its key. */
export interface SourceTable {
  readonly key: readonly string[];
  /** The cursor before the first row. */
  readonly start: TransferKey;
  /** Parameters: the last key, limit. */
  readonly page: string;
  readonly count: string;
}

function table(
  name: TransferTable,
  key: readonly string[],
  given: { start: TransferKey; columns: string },
): SourceTable {
  const { start, columns } = given;
  const keys = key.join(', ');
  const asked = key.map(() => '?').join(', ');
  return {
    key,
    start,
    page: `
  SELECT ${columns} FROM ${name} t
  WHERE (${keys}) > (${asked}) ORDER BY ${keys} LIMIT ? + 0`,
    count: `SELECT count(*) AS n FROM ${name}`,
  };
}

/** All columns of all tables. A test checks them against the schema. */
export const SOURCE_TABLES: Readonly<Record<TransferTable, SourceTable>> = {
  keys: table('keys', ['purpose', 'ordinal'], {
    start: ['', 0],
    columns: 'purpose, ordinal, id, encrypted, created_at',
  }),
  person_keys: table('person_keys', ['person'], {
    start: [''],
    columns: 'person, pseudonym, encrypted',
  }),
  requests: table('requests', ['number'], {
    start: [0],
    columns: 'number, id, version, state, workflow, requester_key, asked, progress',
  }),
  // `version` is the request's: the copy is a consistent snapshot.
  decisions: table('decisions', ['request_id', 'stage', 'approver_key', 'nth'], {
    start: ['', '', '', 0],
    columns: `id, request_id, stage, approver_key, nth, at, body,
    (SELECT r.version FROM requests r WHERE r.id = t.request_id) AS version`,
  }),
  changes: table('changes', ['id'], { start: [''], columns: 'id, request_id, at' }),
  once_keys: table('once_keys', ['kind', 'key'], {
    start: ['', ''],
    columns: 'kind, key, request_id, fingerprint, expires_at',
  }),
  jobs: table('jobs', ['key'], {
    start: [''],
    columns: `key, kind, about_type, about_id, priority, run_at, due_at, again_at, fence, attempts,
    lease_until, error`,
  }),
  counters: table('counters', ['name'], { start: [''], columns: 'name, value' }),
  cards: table('cards', ['id'], {
    start: [''],
    columns: `id, request_id, state, channel, conversation_id, service_url, activity_id,
    posted_revision`,
  }),
  conversations: table('conversations', ['key'], {
    start: [''],
    columns: 'key, tenant_id, conversation_id, service_url, user_id, updated_at',
  }),
  people: table('people', ['key'], {
    start: [''],
    columns: 'key, tenant_id, object_id, user_id, name, roles, claims, seen_at',
  }),
  people_roles: table('people_roles', ['person_key', 'role'], {
    start: ['', ''],
    columns: 'person_key, role, seen_at',
  }),
  sign_in_links: table('sign_in_links', ['id'], {
    start: [''],
    columns: `id, tenant_id, object_id, request_id, revision, expires_at, state, browser, nonce,
    verifier, taken_at, code, identity, demand`,
  }),
  sessions: table('sessions', ['id'], {
    start: [''],
    columns: `id, tenant_id, object_id, provider, principal, generation, created_at, used_at,
    ends_at, encrypted, encrypted_with, refresh_holder, refresh_until`,
  }),
  leases: table('leases', ['name'], { start: [''], columns: 'name, holder, lease_until, note' }),
  audit_events: table('audit_events', ['id'], {
    start: [''],
    columns: 'id, at, type, request_id, body',
  }),
  audit_pending: table('audit_pending', ['event_id'], { start: [''], columns: 'event_id' }),
  audit_leaves: table('audit_leaves', ['idx'], { start: [-1], columns: 'idx, event_id, hash' }),
  audit_checkpoints: table('audit_checkpoints', ['size'], {
    start: [-1],
    columns: 'size, root, at, jws',
  }),
  audit_frontier: table('audit_frontier', ['id'], { start: [0], columns: 'id, size, peaks' }),
};

/** Identifies a store and its state: keys are random, and each start of a service writes counters. */
export const IDENTITY = `
  SELECT json_object(
    'keys', (SELECT json_group_array(id) FROM (SELECT id FROM keys ORDER BY id)),
    'counters', (SELECT json_group_array(value) FROM (SELECT value FROM counters ORDER BY name)),
    'root', (SELECT root FROM audit_checkpoints ORDER BY size DESC LIMIT 1)) AS identity`;
