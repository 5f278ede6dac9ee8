-- The right edge of the audit log's tree, as the last seal left it: the roots of its complete
-- subtrees, largest first, parted by dots. One row. It is derived from the leaves and replaced with
-- every seal, so that a sealer that starts need not read the leaves again.
CREATE TABLE audit_frontier (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  size INTEGER NOT NULL,
  peaks TEXT NOT NULL
) STRICT;
