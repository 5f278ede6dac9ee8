-- What each identity may do in the database of Countersign, and no more. Run it once, as an owner of
-- the database, after `countersign migrate` has made the tables; run it again after an upgrade that
-- brought a table. Then add the users: ALTER ROLE countersign_service ADD MEMBER [name];
--
--   countersign_service     the replicas: reads and writes state, inserts audit rows, changes no schema
--   countersign_migration   `countersign migrate`: changes the schema
--   countersign_retention   deletes requests' old working rows; may not touch the audit log either
--   countersign_auditor     reads everything, writes nothing

IF DATABASE_PRINCIPAL_ID(N'countersign_service') IS NULL CREATE ROLE countersign_service;
IF DATABASE_PRINCIPAL_ID(N'countersign_migration') IS NULL CREATE ROLE countersign_migration;
IF DATABASE_PRINCIPAL_ID(N'countersign_retention') IS NULL CREATE ROLE countersign_retention;
IF DATABASE_PRINCIPAL_ID(N'countersign_auditor') IS NULL CREATE ROLE countersign_auditor;
GO

-- The service. Requests and decisions stay: there is no DELETE on them.
GRANT SELECT, INSERT, UPDATE ON dbo.requests TO countersign_service;
-- The end of a request, and an erasure, write its readers anew.
GRANT SELECT, INSERT, DELETE ON dbo.request_readers TO countersign_service;
-- An erasure overwrites who decided.
GRANT SELECT, INSERT, UPDATE ON dbo.decisions TO countersign_service;
GRANT SELECT, INSERT, DELETE ON dbo.changes TO countersign_service;
GRANT SELECT, INSERT, DELETE ON dbo.once_keys TO countersign_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.jobs TO countersign_service;
GRANT SELECT, UPDATE ON dbo.counters TO countersign_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.cards TO countersign_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.conversations TO countersign_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.people TO countersign_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.people_roles TO countersign_service;
GRANT SELECT, INSERT, DELETE ON dbo.audit_pending TO countersign_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.sign_in_links TO countersign_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.sessions TO countersign_service;
GRANT SELECT, INSERT ON dbo.keys TO countersign_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.person_keys TO countersign_service;
-- Derived from the leaves, and held against the last signed checkpoint before it is used.
GRANT SELECT, INSERT, UPDATE ON dbo.audit_frontier TO countersign_service;
-- Whether a move from another store is under way: no start then.
GRANT SELECT ON dbo.transfers TO countersign_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON dbo.leases TO countersign_service;
GRANT SELECT ON dbo.schema_migrations TO countersign_service;

-- The audit log: inserted, never changed. The DENY holds whatever else the member is granted.
GRANT SELECT, INSERT ON dbo.audit_events TO countersign_service;
GRANT SELECT, INSERT ON dbo.audit_leaves TO countersign_service;
GRANT SELECT, INSERT ON dbo.audit_checkpoints TO countersign_service;
DENY UPDATE, DELETE ON dbo.audit_events TO countersign_service;
DENY UPDATE, DELETE ON dbo.audit_leaves TO countersign_service;
DENY UPDATE, DELETE ON dbo.audit_checkpoints TO countersign_service;
DENY ALTER ON SCHEMA::dbo TO countersign_service;
GO

-- Changes of the schema. DDL in dbo, and the rows that say what was applied. Its members are people
-- or a pipeline at the time of an upgrade, not the service.
GRANT CREATE TABLE TO countersign_migration;
GRANT ALTER, REFERENCES, SELECT, INSERT, UPDATE ON SCHEMA::dbo TO countersign_migration;
DENY UPDATE, DELETE ON dbo.audit_events TO countersign_migration;
DENY UPDATE, DELETE ON dbo.audit_leaves TO countersign_migration;
DENY UPDATE, DELETE ON dbo.audit_checkpoints TO countersign_migration;
GO

-- Retention: working rows past their time. What was asked, decided and recorded is not among them.
GRANT SELECT, DELETE ON dbo.once_keys TO countersign_retention;
GRANT SELECT, DELETE ON dbo.changes TO countersign_retention;
GRANT SELECT, DELETE ON dbo.sign_in_links TO countersign_retention;
GRANT SELECT, DELETE ON dbo.sessions TO countersign_retention;
GRANT SELECT, DELETE ON dbo.leases TO countersign_retention;
-- What could not be delivered, past its time.
GRANT SELECT, DELETE ON dbo.jobs TO countersign_retention;
GRANT SELECT, DELETE ON dbo.conversations TO countersign_retention;
GRANT SELECT, DELETE ON dbo.people TO countersign_retention;
GRANT SELECT, DELETE ON dbo.people_roles TO countersign_retention;
DENY UPDATE, DELETE ON dbo.audit_events TO countersign_retention;
DENY UPDATE, DELETE ON dbo.audit_leaves TO countersign_retention;
DENY UPDATE, DELETE ON dbo.audit_checkpoints TO countersign_retention;
GO

GRANT SELECT ON SCHEMA::dbo TO countersign_auditor;
-- The keys are encrypted, and still nobody's business.
DENY SELECT ON dbo.keys TO countersign_auditor;
DENY SELECT ON dbo.sign_in_links TO countersign_auditor;
DENY SELECT ON dbo.sessions TO countersign_auditor;
GO
