-- The schema. From release 0.2.0 on a migration is never edited: its checksum is compared with the
-- one that the store recorded.

-- What was asked and what has become of it. `number` is what people say.
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
-- Each ends in the number (the row id), which the newest-first pages walk down.
CREATE INDEX requests_by_state ON requests (state);
CREATE INDEX requests_by_workflow ON requests (workflow, state);
CREATE INDEX requests_by_requester ON requests (requester_key, state);

-- The words of people on stages, each once: the rule is a constraint, so that no race breaks it.
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

-- Ids of changes that were committed, kept for seven days. They begin with their time, so the purge
-- walks the primary key.
CREATE TABLE changes (
  id TEXT NOT NULL PRIMARY KEY,
  request_id TEXT,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Keys of what may happen once. Keys are random, so rows lie in the order of their insertion.
CREATE TABLE once_keys (
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  request_id TEXT,
  fingerprint TEXT,
  expires_at INTEGER NOT NULL,
  UNIQUE (kind, key)
) STRICT;
CREATE INDEX once_keys_by_expiry ON once_keys (expires_at);

-- Work to be done. `due_at` says when it may be leased: `run_at` while it waits, the end of the
-- lease while it is held, NULL once it is parked as dead. `again_at`: asked for while it is held.
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
  error TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX jobs_by_due ON jobs (priority, due_at);

-- `fence` never goes back, so that a job which was done and made again cannot meet an old fence.
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

-- The audit log: inserted, never changed. `body` is the JSON text that is hashed and read; the other
-- columns are copies for indexes. What is derived from an event has rows of its own.
CREATE TABLE audit_events (
  id TEXT NOT NULL UNIQUE,
  at INTEGER NOT NULL,
  type TEXT NOT NULL,
  request_id TEXT,
  body TEXT NOT NULL
) STRICT;
CREATE INDEX audit_events_by_request ON audit_events (request_id);
-- Events that have no leaf yet. Not a high-water mark: a late commit leaves its row here too.
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
-- The right edge of the audit log's tree, as the last seal left it: the roots of its complete
-- subtrees, largest first, parted by dots. One row. It is derived from the leaves and replaced with
-- every seal, so that a sealer that starts need not read the leaves again.
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

-- Sign-in links: made, opened in one browser, taken back by `state`, parked under a code, redeemed
-- (the row is then gone). `demand` is the step-up to meet. Ids, states, browsers and codes are SHA-256 only.
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

-- Sessions of people who signed in by the button, one a person and provider. `encrypted` is a JWE that
-- names its row, so that rows cannot be exchanged for one another.
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

-- Keys of our own. The first of a purpose has ordinal 1: two replicas cannot both make it.
CREATE TABLE keys (
  purpose TEXT NOT NULL,
  ordinal INTEGER NOT NULL,
  id TEXT NOT NULL UNIQUE,
  encrypted TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (purpose, ordinal)
) STRICT;

-- Keys of people, for what the audit log keeps of them. An erasure deletes the row: nothing tells any
-- more whose the pseudonym was. `encrypted` is a JWE that names its row.
CREATE TABLE person_keys (
  person TEXT NOT NULL PRIMARY KEY,
  pseudonym TEXT NOT NULL UNIQUE,
  encrypted TEXT NOT NULL
) STRICT;

-- What one process at a time may do. Released with a note, a row stays without a holder.
CREATE TABLE leases (
  name TEXT NOT NULL PRIMARY KEY,
  holder TEXT,
  lease_until INTEGER NOT NULL,
  note TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX leases_by_end ON leases (lease_until);
