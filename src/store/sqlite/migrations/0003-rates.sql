-- What all replicas have booked against a limit of somebody else's. Forgotten an hour later.
CREATE TABLE rates (
  key TEXT NOT NULL PRIMARY KEY,
  version INTEGER NOT NULL,
  state TEXT NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX rates_by_expiry ON rates (expires_at);
