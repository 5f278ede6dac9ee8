-- The schema. From release 0.2.0 on a migration is never edited: its checksum is compared with the
-- one that the store recorded.
-- Split into batches at lines of `--> next`, because CREATE TRIGGER needs a batch of its own.
--
-- Keys have a binary collation (BIN2): in most collations `aB` equals `Ab`, which would mix up the
-- tokens of two people. Unique keys have no nullable columns, as engines differ in whether NULLs are
-- equal. There are no foreign keys, because Babelfish fails on columns with their own collation. A
-- commit checks the request of a decision or card, and requests are never deleted.

-- Requests. A new version changes `progress`; only an erasure changes `asked`. `number` is shown to
-- people.
CREATE TABLE dbo.requests (
  number bigint IDENTITY(1, 1) NOT NULL,
  id nvarchar(100) COLLATE Latin1_General_BIN2 NOT NULL,
  version bigint NOT NULL,
  state nvarchar(20) COLLATE Latin1_General_BIN2 NOT NULL,
  workflow nvarchar(200) COLLATE Latin1_General_BIN2 NOT NULL,
  requester_key nvarchar(320) COLLATE Latin1_General_BIN2 NOT NULL,
  asked nvarchar(max) NOT NULL,
  progress nvarchar(max) NOT NULL,
  CONSTRAINT requests_pk PRIMARY KEY (number),
  CONSTRAINT requests_by_id UNIQUE (id)
);
CREATE INDEX requests_by_state ON dbo.requests (state, number);
CREATE INDEX requests_by_workflow ON dbo.requests (workflow, state, number);
CREATE INDEX requests_by_requester ON dbo.requests (requester_key, state, number);

-- Who may read a request: hashes of a person's key, of a role, or of a role with a claim. Lists read
-- only what their reader may read; `is_open` keeps what waits apart from all that has ended.
CREATE TABLE dbo.request_readers (
  reader nvarchar(64) COLLATE Latin1_General_BIN2 NOT NULL,
  is_open int NOT NULL,
  number bigint NOT NULL,
  CONSTRAINT request_readers_pk PRIMARY KEY (reader, is_open, number)
);

-- The words of people on stages. A constraint makes each unique, so that races are safe.
-- `version` is the version of the request that the decision was written with. A read takes decisions
-- up to the version it sees, so that request and decisions are consistent.
CREATE TABLE dbo.decisions (
  id nvarchar(100) COLLATE Latin1_General_BIN2 NOT NULL,
  request_id nvarchar(100) COLLATE Latin1_General_BIN2 NOT NULL,
  stage nvarchar(64) COLLATE Latin1_General_BIN2 NOT NULL,
  approver_key nvarchar(320) COLLATE Latin1_General_BIN2 NOT NULL,
  nth int NOT NULL,
  [at] bigint NOT NULL,
  version bigint NOT NULL,
  body nvarchar(max) NOT NULL,
  CONSTRAINT decisions_pk PRIMARY KEY (request_id, id),
  CONSTRAINT decisions_once UNIQUE (request_id, stage, approver_key, nth)
);

-- Ids of committed changes, kept for seven days. `attempt` identifies the call that committed, so
-- that a retry after a lost answer recognises its own commit.
CREATE TABLE dbo.changes (
  id nvarchar(100) COLLATE Latin1_General_BIN2 NOT NULL,
  request_id nvarchar(100) COLLATE Latin1_General_BIN2 NULL,
  [at] bigint NOT NULL,
  attempt nvarchar(40) COLLATE Latin1_General_BIN2 NOT NULL,
  CONSTRAINT changes_pk PRIMARY KEY (id)
);
CREATE INDEX changes_by_time ON dbo.changes ([at]);

-- Once-keys.
CREATE TABLE dbo.once_keys (
  kind nvarchar(20) COLLATE Latin1_General_BIN2 NOT NULL,
  [key] nvarchar(400) COLLATE Latin1_General_BIN2 NOT NULL,
  request_id nvarchar(100) COLLATE Latin1_General_BIN2 NULL,
  fingerprint nvarchar(200) COLLATE Latin1_General_BIN2 NULL,
  expires_at bigint NOT NULL,
  CONSTRAINT once_keys_pk PRIMARY KEY (kind, [key])
);
CREATE INDEX once_keys_by_expiry ON dbo.once_keys (expires_at);

-- Jobs. `due_at` is when a job may be leased: `run_at` while it waits, the end of the lease while it
-- is leased, NULL when it is parked. `again_at`: the time of an insertion during the lease. `parked`:
-- why it runs no more. `body`: what a job is to send that cannot be made again, such as a reply.
CREATE TABLE dbo.jobs (
  [key] nvarchar(200) COLLATE Latin1_General_BIN2 NOT NULL,
  kind nvarchar(20) COLLATE Latin1_General_BIN2 NOT NULL,
  about_type nvarchar(20) COLLATE Latin1_General_BIN2 NOT NULL,
  about_id nvarchar(100) COLLATE Latin1_General_BIN2 NOT NULL,
  priority int NOT NULL,
  run_at bigint NOT NULL,
  due_at bigint NULL,
  again_at bigint NULL,
  fence bigint NOT NULL,
  attempts int NOT NULL,
  lease_until bigint NULL,
  error nvarchar(2000) NULL,
  parked nvarchar(20) COLLATE Latin1_General_BIN2 NULL,
  body nvarchar(max) NULL,
  CONSTRAINT jobs_pk PRIMARY KEY ([key]),
  CONSTRAINT jobs_priority CHECK (priority IN (0, 1)),
  CONSTRAINT jobs_parked CHECK (parked IN (N'dead', N'undeliverable'))
);
CREATE INDEX jobs_by_due ON dbo.jobs (priority, due_at, [key]);

-- `fence` only grows, so that a job which ended and was inserted again never has an old fence.
CREATE TABLE dbo.counters (
  name nvarchar(20) COLLATE Latin1_General_BIN2 NOT NULL,
  value bigint NOT NULL,
  CONSTRAINT counters_pk PRIMARY KEY (name)
);
INSERT INTO dbo.counters (name, value) VALUES (N'fence', 0), (N'checked_at', 0);

-- `message_key` is a hash of conversation and activity, or the id of an unposted card.
CREATE TABLE dbo.cards (
  id nvarchar(100) COLLATE Latin1_General_BIN2 NOT NULL,
  request_id nvarchar(100) COLLATE Latin1_General_BIN2 NOT NULL,
  state nvarchar(20) COLLATE Latin1_General_BIN2 NOT NULL,
  channel nvarchar(200) NULL,
  conversation_id nvarchar(1000) NULL,
  service_url nvarchar(2000) NULL,
  activity_id nvarchar(1000) NULL,
  posted_revision bigint NOT NULL,
  message_key nvarchar(120) COLLATE Latin1_General_BIN2 NOT NULL,
  CONSTRAINT cards_pk PRIMARY KEY (id),
  CONSTRAINT cards_by_message UNIQUE (message_key)
);
CREATE INDEX cards_by_request ON dbo.cards (request_id, id);

CREATE TABLE dbo.conversations (
  [key] nvarchar(400) COLLATE Latin1_General_BIN2 NOT NULL,
  tenant_id nvarchar(100) NOT NULL,
  conversation_id nvarchar(1000) NOT NULL,
  service_url nvarchar(2000) NOT NULL,
  user_id nvarchar(400) NULL,
  updated_at bigint NOT NULL,
  CONSTRAINT conversations_pk PRIMARY KEY ([key])
);

CREATE TABLE dbo.people (
  [key] nvarchar(320) COLLATE Latin1_General_BIN2 NOT NULL,
  tenant_id nvarchar(100) NOT NULL,
  object_id nvarchar(100) NOT NULL,
  user_id nvarchar(400) NOT NULL,
  name nvarchar(1000) NOT NULL,
  roles nvarchar(max) NOT NULL,
  claims nvarchar(max) NOT NULL,
  seen_at bigint NOT NULL,
  CONSTRAINT people_pk PRIMARY KEY ([key])
);
CREATE TABLE dbo.people_roles (
  person_key nvarchar(320) COLLATE Latin1_General_BIN2 NOT NULL,
  role nvarchar(100) COLLATE Latin1_General_BIN2 NOT NULL,
  seen_at bigint NOT NULL,
  CONSTRAINT people_roles_pk PRIMARY KEY (person_key, role)
);
CREATE INDEX people_roles_by_role ON dbo.people_roles (role, seen_at, person_key);

-- The audit log, append-only. `body` is the JSON text that is hashed and read; the other columns are
-- copies for indexes. Derived data has other tables.
CREATE TABLE dbo.audit_events (
  id nvarchar(100) COLLATE Latin1_General_BIN2 NOT NULL,
  [at] bigint NOT NULL,
  type nvarchar(100) NOT NULL,
  request_id nvarchar(100) COLLATE Latin1_General_BIN2 NULL,
  body nvarchar(max) NOT NULL,
  CONSTRAINT audit_events_pk PRIMARY KEY (id)
);
CREATE INDEX audit_events_by_request ON dbo.audit_events (request_id);
-- Events without a leaf. There is no high-water mark, so an event that commits late is not skipped.
CREATE TABLE dbo.audit_pending (
  event_id nvarchar(100) COLLATE Latin1_General_BIN2 NOT NULL,
  CONSTRAINT audit_pending_pk PRIMARY KEY (event_id)
);
CREATE TABLE dbo.audit_leaves (
  idx bigint NOT NULL,
  event_id nvarchar(100) COLLATE Latin1_General_BIN2 NOT NULL,
  hash nvarchar(100) COLLATE Latin1_General_BIN2 NOT NULL,
  CONSTRAINT audit_leaves_pk PRIMARY KEY (idx),
  CONSTRAINT audit_leaves_by_event UNIQUE (event_id)
);
CREATE TABLE dbo.audit_checkpoints (
  size bigint NOT NULL,
  root nvarchar(100) COLLATE Latin1_General_BIN2 NOT NULL,
  [at] bigint NOT NULL,
  jws nvarchar(max) NOT NULL,
  CONSTRAINT audit_checkpoints_pk PRIMARY KEY (size)
);
-- The frontier of the audit log after the last seal, one row: the roots of the complete subtrees,
-- largest first, separated by dots. A starting sealer reads it instead of all leaves.
CREATE TABLE dbo.audit_frontier (
  id int NOT NULL,
  size bigint NOT NULL,
  peaks nvarchar(max) NOT NULL,
  CONSTRAINT audit_frontier_pk PRIMARY KEY (id)
);
--> next
CREATE TRIGGER audit_events_keep ON dbo.audit_events AFTER UPDATE, DELETE AS
BEGIN
  THROW 51010, 'audit events are never changed or deleted', 1;
END;
--> next
CREATE TRIGGER audit_leaves_keep ON dbo.audit_leaves AFTER UPDATE, DELETE AS
BEGIN
  THROW 51010, 'leaves of the audit log are never changed or deleted', 1;
END;
--> next
CREATE TRIGGER audit_checkpoints_keep ON dbo.audit_checkpoints AFTER UPDATE, DELETE AS
BEGIN
  THROW 51010, 'checkpoints of the audit log are never changed or deleted', 1;
END;
--> next
-- Sign-in links: added, opened in one browser, taken by `state`, parked under a code, redeemed (the
-- row is then deleted). `demand` is the required step-up. Ids, states, browsers and codes are stored as
-- SHA-256. `state` is `~` and the link's id until the link is opened, so that it is unique.
CREATE TABLE dbo.sign_in_links (
  id nvarchar(100) COLLATE Latin1_General_BIN2 NOT NULL,
  tenant_id nvarchar(100) COLLATE Latin1_General_BIN2 NOT NULL,
  object_id nvarchar(100) COLLATE Latin1_General_BIN2 NOT NULL,
  request_id nvarchar(100) COLLATE Latin1_General_BIN2 NOT NULL,
  revision bigint NOT NULL,
  expires_at bigint NOT NULL,
  opened bit NOT NULL,
  state nvarchar(120) COLLATE Latin1_General_BIN2 NOT NULL,
  browser nvarchar(100) NULL,
  nonce nvarchar(200) NULL,
  verifier nvarchar(max) NULL,
  taken_at bigint NULL,
  code nvarchar(100) COLLATE Latin1_General_BIN2 NULL,
  [identity] nvarchar(max) NULL,
  demand nvarchar(max) NULL,
  CONSTRAINT sign_in_links_pk PRIMARY KEY (id),
  CONSTRAINT sign_in_links_by_state UNIQUE (state)
);
CREATE INDEX sign_in_links_by_code ON dbo.sign_in_links (code, expires_at);
CREATE INDEX sign_in_links_by_expiry ON dbo.sign_in_links (expires_at);
CREATE INDEX sign_in_links_by_person ON dbo.sign_in_links (tenant_id, object_id, expires_at);

-- Sessions of people who signed in, one for each person and provider. `encrypted` is a JWE that
-- contains the ids of its row, so that swapped rows are detected.
CREATE TABLE dbo.sessions (
  id nvarchar(100) COLLATE Latin1_General_BIN2 NOT NULL,
  tenant_id nvarchar(100) COLLATE Latin1_General_BIN2 NOT NULL,
  object_id nvarchar(100) COLLATE Latin1_General_BIN2 NOT NULL,
  provider nvarchar(100) COLLATE Latin1_General_BIN2 NOT NULL,
  principal nvarchar(320) COLLATE Latin1_General_BIN2 NOT NULL,
  generation bigint NOT NULL,
  created_at bigint NOT NULL,
  used_at bigint NOT NULL,
  ends_at bigint NOT NULL,
  encrypted nvarchar(max) NOT NULL,
  encrypted_with nvarchar(100) COLLATE Latin1_General_BIN2 NOT NULL,
  refresh_holder nvarchar(100) COLLATE Latin1_General_BIN2 NULL,
  refresh_until bigint NOT NULL,
  CONSTRAINT sessions_pk PRIMARY KEY (id),
  CONSTRAINT sessions_by_owner UNIQUE (object_id, tenant_id, provider)
);
CREATE INDEX sessions_by_principal ON dbo.sessions (principal);
CREATE INDEX sessions_by_end ON dbo.sessions (ends_at);
CREATE INDEX sessions_by_key ON dbo.sessions (encrypted_with);

-- The service's own keys. The first key of a purpose has ordinal 1, so only one replica creates it.
CREATE TABLE dbo.keys (
  purpose nvarchar(100) COLLATE Latin1_General_BIN2 NOT NULL,
  ordinal int NOT NULL,
  id nvarchar(100) COLLATE Latin1_General_BIN2 NOT NULL,
  encrypted nvarchar(max) NOT NULL,
  created_at bigint NOT NULL,
  CONSTRAINT keys_pk PRIMARY KEY (purpose, ordinal),
  CONSTRAINT keys_by_id UNIQUE (id)
);

-- Keys of people for the personal values in the audit log. An erasure deletes the row, so that nothing
-- maps the pseudonym to the person. `encrypted` is a JWE that contains the ids of its row.
CREATE TABLE dbo.person_keys (
  person nvarchar(320) COLLATE Latin1_General_BIN2 NOT NULL,
  pseudonym nvarchar(100) COLLATE Latin1_General_BIN2 NOT NULL,
  encrypted nvarchar(max) NOT NULL,
  CONSTRAINT person_keys_pk PRIMARY KEY (person),
  CONSTRAINT person_keys_by_pseudonym UNIQUE (pseudonym)
);

-- Leases: one holder at a time. A lease that is released with a note keeps its row.
CREATE TABLE dbo.leases (
  name nvarchar(100) COLLATE Latin1_General_BIN2 NOT NULL,
  holder nvarchar(200) COLLATE Latin1_General_BIN2 NULL,
  lease_until bigint NOT NULL,
  note nvarchar(max) NULL,
  CONSTRAINT leases_pk PRIMARY KEY (name)
);
CREATE INDEX leases_by_end ON dbo.leases (lease_until);

-- The progress of `countersign migrate --from`, one row for each step. No service starts while a step
-- is unfinished. `source` identifies the source and its state. `position` is the last written key
-- (JSON).
CREATE TABLE dbo.transfers (
  step nvarchar(40) COLLATE Latin1_General_BIN2 NOT NULL,
  source nvarchar(100) COLLATE Latin1_General_BIN2 NOT NULL,
  position nvarchar(max) NOT NULL,
  copied bigint NOT NULL,
  finished_at bigint NULL,
  CONSTRAINT transfers_pk PRIMARY KEY (step)
);
