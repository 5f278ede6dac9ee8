-- The right edge of the audit log's tree, as the last seal left it: the roots of its complete
-- subtrees, largest first, parted by dots. One row. It is derived from the leaves and replaced with
-- every seal, so that a sealer that starts need not read the leaves again.
CREATE TABLE dbo.audit_frontier (
  id int NOT NULL,
  size bigint NOT NULL,
  peaks nvarchar(max) NOT NULL,
  CONSTRAINT audit_frontier_pk PRIMARY KEY (id)
);

-- How far `countersign migrate --from` has come: a row a step. While one is not finished no service
-- starts on this database. `source` names the database that is carried over, and its state.
-- `position` is the last key that was written (JSON; empty before the first).
CREATE TABLE dbo.transfers (
  step nvarchar(40) COLLATE Latin1_General_BIN2 NOT NULL,
  source nvarchar(100) COLLATE Latin1_General_BIN2 NOT NULL,
  position nvarchar(max) NOT NULL,
  copied bigint NOT NULL,
  finished_at bigint NULL,
  CONSTRAINT transfers_pk PRIMARY KEY (step)
);
