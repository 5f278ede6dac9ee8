-- What all replicas have booked against a limit of somebody else's. Forgotten an hour later.
CREATE TABLE dbo.rates (
  [key] nvarchar(100) COLLATE Latin1_General_BIN2 NOT NULL,
  version bigint NOT NULL,
  state nvarchar(max) NOT NULL,
  expires_at bigint NOT NULL,
  CONSTRAINT rates_pk PRIMARY KEY ([key])
);
CREATE INDEX rates_by_expiry ON dbo.rates (expires_at);
