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

/** `start` has the columns of the key, each with a value below the first row. */
function table(
  name: TransferTable,
  start: Readonly<Record<string, string | number>>,
  columns = 't.*',
): SourceTable {
  const key = Object.keys(start);
  const keys = key.join(', ');
  const asked = key.map(() => '?').join(', ');
  return {
    key,
    start: Object.values(start),
    page: `
  SELECT ${columns} FROM ${name} t
  WHERE (${keys}) > (${asked}) ORDER BY ${keys} LIMIT ? + 0`,
    count: `SELECT count(*) AS n FROM ${name}`,
  };
}

/** The version of a decision is the request's: the copy is a consistent snapshot. */
const DECISION = 't.*, (SELECT r.version FROM requests r WHERE r.id = t.request_id) AS version';

/** All tables with all columns. A test checks them against the schema. */
export const SOURCE_TABLES: Readonly<Record<TransferTable, SourceTable>> = {
  keys: table('keys', { purpose: '', ordinal: 0 }),
  person_keys: table('person_keys', { person: '' }),
  requests: table('requests', { number: 0 }),
  request_readers: table('request_readers', { reader: '', is_open: -1, number: 0 }),
  decisions: table('decisions', { request_id: '', stage: '', approver_key: '', nth: 0 }, DECISION),
  changes: table('changes', { id: '' }),
  once_keys: table('once_keys', { kind: '', key: '' }),
  jobs: table('jobs', { key: '' }),
  counters: table('counters', { name: '' }),
  cards: table('cards', { id: '' }),
  conversations: table('conversations', { key: '' }),
  people: table('people', { key: '' }),
  people_roles: table('people_roles', { person_key: '', role: '' }),
  sign_in_links: table('sign_in_links', { id: '' }),
  sessions: table('sessions', { id: '' }),
  leases: table('leases', { name: '' }),
  audit_events: table('audit_events', { id: '' }),
  audit_pending: table('audit_pending', { event_id: '' }),
  audit_leaves: table('audit_leaves', { idx: -1 }),
  audit_checkpoints: table('audit_checkpoints', { size: -1 }),
  audit_frontier: table('audit_frontier', { id: 0 }),
};

/** Identifies a store and its state: keys are random, and each start of a service writes counters. */
export const IDENTITY = `
  SELECT json_object(
    'keys', (SELECT json_group_array(id) FROM (SELECT id FROM keys ORDER BY id)),
    'counters', (SELECT json_group_array(value) FROM (SELECT value FROM counters ORDER BY name)),
    'root', (SELECT root FROM audit_checkpoints ORDER BY size DESC LIMIT 1)) AS identity`;
