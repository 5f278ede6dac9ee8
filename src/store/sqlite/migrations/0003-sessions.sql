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

-- What a sign-in must come up to beyond the usual, and the links of one person, to bound them.
ALTER TABLE sign_in_links ADD COLUMN demand TEXT;
CREATE INDEX sign_in_links_by_person ON sign_in_links (tenant_id, object_id, expires_at);
