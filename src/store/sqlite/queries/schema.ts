/** The recorded migrations of the schema. */

export const CREATE_SCHEMA_TABLE = `
  CREATE TABLE schema_migrations (
    version INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    checksum TEXT NOT NULL,
    applied_at INTEGER NOT NULL
  ) STRICT`;

/** The number of tables, and whether schema_migrations is one of them. */
export const SURVEY = `
  SELECT count(*) AS tables, coalesce(sum(name = 'schema_migrations'), 0) AS ours
  FROM sqlite_master WHERE type = 'table'`;

export const APPLIED = 'SELECT version, name, checksum FROM schema_migrations ORDER BY version';

export const INSERT_APPLIED = `
  INSERT INTO schema_migrations (version, name, checksum, applied_at)
  VALUES (:version, :name, :checksum, :now)`;
