-- Sessions of people who signed in by the button, one a person and provider. `encrypted` is a JWE that
-- names its row, so that rows cannot be exchanged for one another.
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
--> next
-- What a sign-in must come up to beyond the usual, and the links of one person, to bound them.
ALTER TABLE dbo.sign_in_links ADD demand nvarchar(max) NULL;
CREATE INDEX sign_in_links_by_person ON dbo.sign_in_links (tenant_id, object_id, expires_at);
