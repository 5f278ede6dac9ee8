-- The schema. From release 0.2.0 on a migration is never edited: its checksum is compared with the
-- one that the store recorded.

-- Requests. A new version changes `progress`; only an erasure changes `asked`. `number` is shown to
-- people.
CREATE TABLE requests (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  version INTEGER NOT NULL,
  state TEXT NOT NULL,
  workflow TEXT NOT NULL,
  requester_key TEXT NOT NULL,
  asked TEXT NOT NULL,
  progress TEXT NOT NULL
) STRICT;
-- Each index ends in the number (the rowid), which serves pages in descending order.
CREATE INDEX requests_by_state ON requests (state);
CREATE INDEX requests_by_workflow ON requests (workflow, state);
CREATE INDEX requests_by_requester ON requests (requester_key, state);

-- Who may read a request: hashes of a person's key, of a role, or of a role with a claim. Lists read
-- only what their reader may read; `is_open` keeps what waits apart from all that has ended.
CREATE TABLE request_readers (
  reader TEXT NOT NULL,
  is_open INTEGER NOT NULL CHECK (is_open IN (0, 1)),
  number INTEGER NOT NULL REFERENCES requests (number),
  PRIMARY KEY (reader, is_open, number)
) STRICT, WITHOUT ROWID;

-- The words of people on stages. A constraint makes each unique, so that races are safe.
CREATE TABLE decisions (
  id TEXT NOT NULL,
  request_id TEXT NOT NULL REFERENCES requests (id),
  stage TEXT NOT NULL,
  approver_key TEXT NOT NULL,
  nth INTEGER NOT NULL,
  at INTEGER NOT NULL,
  body TEXT NOT NULL,
  UNIQUE (request_id, stage, approver_key, nth)
) STRICT;

-- Ids of committed changes, kept for seven days. They start with their time, so the purge uses the
-- primary key.
CREATE TABLE changes (
  id TEXT NOT NULL PRIMARY KEY,
  request_id TEXT,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Once-keys. The keys are random, so the table keeps its rowid for inserts at the end.
CREATE TABLE once_keys (
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  request_id TEXT,
  fingerprint TEXT,
  expires_at INTEGER NOT NULL,
  UNIQUE (kind, key)
) STRICT;
CREATE INDEX once_keys_by_expiry ON once_keys (expires_at);

-- Jobs. `due_at` is when a job may be leased: `run_at` while it waits, the end of the lease while it
-- is leased, NULL when it is parked. `again_at`: the time of an insertion during the lease. `parked`:
-- why it runs no more. `body`: what a job is to send that cannot be made again, such as a reply.
CREATE TABLE jobs (
  key TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  about_type TEXT NOT NULL,
  about_id TEXT NOT NULL,
  priority INTEGER NOT NULL CHECK (priority IN (0, 1)),
  run_at INTEGER NOT NULL,
  due_at INTEGER,
  again_at INTEGER,
  fence INTEGER NOT NULL DEFAULT 0,
  attempts INTEGER NOT NULL DEFAULT 0,
  lease_until INTEGER,
  error TEXT,
  parked TEXT CHECK (parked IN ('dead', 'undeliverable')),
  body TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX jobs_by_due ON jobs (priority, due_at);

-- `fence` only grows, so that a job which ended and was inserted again never has an old fence.
CREATE TABLE counters (
  name TEXT NOT NULL PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO counters (name, value) VALUES ('fence', 0), ('checked_at', 0);

CREATE TABLE cards (
  id TEXT NOT NULL PRIMARY KEY,
  request_id TEXT NOT NULL REFERENCES requests (id),
  state TEXT NOT NULL,
  channel TEXT,
  conversation_id TEXT,
  service_url TEXT,
  activity_id TEXT,
  posted_revision INTEGER NOT NULL
) STRICT;
CREATE INDEX cards_by_request ON cards (request_id);
CREATE UNIQUE INDEX cards_by_message ON cards (conversation_id, activity_id)
  WHERE activity_id IS NOT NULL;

CREATE TABLE conversations (
  key TEXT NOT NULL PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  conversation_id TEXT NOT NULL,
  service_url TEXT NOT NULL,
  user_id TEXT,
  updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE people (
  key TEXT NOT NULL PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  object_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  name TEXT NOT NULL,
  roles TEXT NOT NULL,
  claims TEXT NOT NULL,
  seen_at INTEGER NOT NULL
) STRICT;
CREATE TABLE people_roles (
  person_key TEXT NOT NULL,
  role TEXT NOT NULL,
  seen_at INTEGER NOT NULL,
  UNIQUE (person_key, role)
) STRICT;
CREATE INDEX people_roles_by_role ON people_roles (role, seen_at, person_key);

-- The audit log, append-only. `body` is the JSON text that is hashed and read; the other columns are
-- copies for indexes. Derived data has other tables.
CREATE TABLE audit_events (
  id TEXT NOT NULL UNIQUE,
  at INTEGER NOT NULL,
  type TEXT NOT NULL,
  request_id TEXT,
  body TEXT NOT NULL
) STRICT;
CREATE INDEX audit_events_by_request ON audit_events (request_id);
-- Events without a leaf. There is no high-water mark, so an event that commits late is not skipped.
CREATE TABLE audit_pending (
  event_id TEXT NOT NULL PRIMARY KEY REFERENCES audit_events (id)
) STRICT, WITHOUT ROWID;
CREATE TABLE audit_leaves (
  idx INTEGER PRIMARY KEY,
  event_id TEXT NOT NULL UNIQUE,
  hash TEXT NOT NULL
) STRICT;
CREATE TABLE audit_checkpoints (
  size INTEGER PRIMARY KEY,
  root TEXT NOT NULL,
  at INTEGER NOT NULL,
  jws TEXT NOT NULL
) STRICT;
-- The frontier of the audit log after the last seal, one row: the roots of the complete subtrees,
-- largest first, separated by dots. A starting sealer reads it instead of all leaves.
CREATE TABLE audit_frontier (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  size INTEGER NOT NULL,
  peaks TEXT NOT NULL
) STRICT;

CREATE TRIGGER audit_events_keep BEFORE UPDATE ON audit_events
BEGIN SELECT RAISE(ABORT, 'audit events are never changed'); END;
CREATE TRIGGER audit_events_stay BEFORE DELETE ON audit_events
BEGIN SELECT RAISE(ABORT, 'audit events are never deleted'); END;
CREATE TRIGGER audit_leaves_keep BEFORE UPDATE ON audit_leaves
BEGIN SELECT RAISE(ABORT, 'leaves of the audit log are never changed'); END;
CREATE TRIGGER audit_leaves_stay BEFORE DELETE ON audit_leaves
BEGIN SELECT RAISE(ABORT, 'leaves of the audit log are never deleted'); END;
CREATE TRIGGER audit_checkpoints_keep BEFORE UPDATE ON audit_checkpoints
BEGIN SELECT RAISE(ABORT, 'checkpoints of the audit log are never changed'); END;
CREATE TRIGGER audit_checkpoints_stay BEFORE DELETE ON audit_checkpoints
BEGIN SELECT RAISE(ABORT, 'checkpoints of the audit log are never deleted'); END;

-- Sign-in links: added, opened in one browser, taken by `state`, parked under a code, redeemed (the
-- row is then deleted). `demand` is the required step-up. Ids, states, browsers and codes are stored as
-- SHA-256.
CREATE TABLE sign_in_links (
  id TEXT NOT NULL PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  object_id TEXT NOT NULL,
  request_id TEXT NOT NULL,
  revision INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  state TEXT UNIQUE,
  browser TEXT,
  nonce TEXT,
  verifier TEXT,
  taken_at INTEGER,
  code TEXT,
  identity TEXT,
  demand TEXT
) STRICT;
CREATE INDEX sign_in_links_by_code ON sign_in_links (code) WHERE code IS NOT NULL;
CREATE INDEX sign_in_links_by_expiry ON sign_in_links (expires_at);
CREATE INDEX sign_in_links_by_person ON sign_in_links (tenant_id, object_id, expires_at);

-- Sessions of people who signed in, one for each person and provider. `encrypted` is a JWE that
-- contains the ids of its row, so that swapped rows are detected.
CREATE TABLE sessions (
  id TEXT NOT NULL PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  object_id TEXT NOT NULL,
  provider TEXT NOT NULL,
  principal TEXT NOT NULL,
  generation INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  used_at INTEGER NOT NULL,
  ends_at INTEGER NOT NULL,
  encrypted TEXT NOT NULL,
  encrypted_with TEXT NOT NULL,
  refresh_holder TEXT,
  refresh_until INTEGER NOT NULL DEFAULT 0,
  UNIQUE (object_id, tenant_id, provider)
) STRICT;
CREATE INDEX sessions_by_principal ON sessions (principal);
CREATE INDEX sessions_by_end ON sessions (ends_at);
CREATE INDEX sessions_by_key ON sessions (encrypted_with);

-- The service's own keys. The first key of a purpose has ordinal 1, so only one replica creates it.
CREATE TABLE keys (
  purpose TEXT NOT NULL,
  ordinal INTEGER NOT NULL,
  id TEXT NOT NULL UNIQUE,
  encrypted TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (purpose, ordinal)
) STRICT;

-- Keys of people for the personal values in the audit log. An erasure deletes the row, so that nothing
-- maps the pseudonym to the person. `encrypted` is a JWE that contains the ids of its row.
CREATE TABLE person_keys (
  person TEXT NOT NULL PRIMARY KEY,
  pseudonym TEXT NOT NULL UNIQUE,
  encrypted TEXT NOT NULL
) STRICT;

-- Leases: one holder at a time. A lease that is released with a note keeps its row.
CREATE TABLE leases (
  name TEXT NOT NULL PRIMARY KEY,
  holder TEXT,
  lease_until INTEGER NOT NULL,
  note TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX leases_by_end ON leases (lease_until);
