-- Optional, SQL Server 2022 and Azure SQL: the audit log as append-only ledger tables, which not
-- even an owner of the database can update or delete from, and whose digests the server proves.
-- learn.microsoft.com/sql/relational-databases/security/ledger/ledger-append-only-ledger-tables
--
-- A table becomes a ledger table only when it is made: run this in an empty database, after
-- `countersign migrate` and before the first start of the service, as an owner of the database.
-- Names, columns and keys stay as they are, so the service knows no difference; ledger columns are
-- hidden. The triggers that keep the rows are not needed then, and go with the old tables.
-- Run infra/sql/grants.sql again afterwards: grants go with the old tables too.

SET XACT_ABORT ON;
BEGIN TRANSACTION;
IF EXISTS (SELECT 1 FROM dbo.audit_events)
  THROW 51020, 'The audit log has rows: the ledger variant is for an empty database', 1;

DROP TABLE dbo.audit_checkpoints;
DROP TABLE dbo.audit_leaves;
DROP TABLE dbo.audit_events;

CREATE TABLE dbo.audit_events (
  id nvarchar(100) COLLATE Latin1_General_BIN2 NOT NULL,
  [at] bigint NOT NULL,
  type nvarchar(100) NOT NULL,
  request_id nvarchar(100) COLLATE Latin1_General_BIN2 NULL,
  body nvarchar(max) NOT NULL,
  CONSTRAINT audit_events_pk PRIMARY KEY (id)
) WITH (LEDGER = ON (APPEND_ONLY = ON));
CREATE INDEX audit_events_by_request ON dbo.audit_events (request_id);

CREATE TABLE dbo.audit_leaves (
  idx bigint NOT NULL,
  event_id nvarchar(100) COLLATE Latin1_General_BIN2 NOT NULL,
  hash nvarchar(100) COLLATE Latin1_General_BIN2 NOT NULL,
  CONSTRAINT audit_leaves_pk PRIMARY KEY (idx),
  CONSTRAINT audit_leaves_by_event UNIQUE (event_id)
) WITH (LEDGER = ON (APPEND_ONLY = ON));

CREATE TABLE dbo.audit_checkpoints (
  size bigint NOT NULL,
  root nvarchar(100) COLLATE Latin1_General_BIN2 NOT NULL,
  [at] bigint NOT NULL,
  jws nvarchar(max) NOT NULL,
  CONSTRAINT audit_checkpoints_pk PRIMARY KEY (size)
) WITH (LEDGER = ON (APPEND_ONLY = ON));
COMMIT TRANSACTION;
