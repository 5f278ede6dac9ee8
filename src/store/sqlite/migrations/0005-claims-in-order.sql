-- Claims lie in the order in which they came, and are found by an index of their keys. As a tree of
-- whole rows by key, and keys lie at random, each new one touched a page of its own and split it
-- more often; and the index by expiry held those keys again, where it now holds row numbers.
-- The key of a token exchange was person|exchange and is exchange|person; a person has no bar in it.
CREATE TABLE claims_in_order (
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  request_id TEXT,
  fingerprint TEXT,
  expires_at INTEGER NOT NULL,
  UNIQUE (kind, key)
) STRICT;
INSERT INTO claims_in_order (kind, key, request_id, fingerprint, expires_at)
  SELECT
    kind,
    CASE kind
      WHEN 'exchange'
      THEN substr(key, instr(key, '|') + 1) || '|' || substr(key, 1, instr(key, '|') - 1)
      ELSE key
    END,
    request_id, fingerprint, expires_at
  FROM claims ORDER BY kind, key;
DROP TABLE claims;
ALTER TABLE claims_in_order RENAME TO claims;
CREATE INDEX claims_by_expiry ON claims (expires_at);
