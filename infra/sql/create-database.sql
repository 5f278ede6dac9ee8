-- A database for Countersign. Run as a server administrator; sqlcmd fills the variables in:
--   sqlcmd -S HOST -v Database=countersign ServicePassword=… MigrationPassword=… -i create-database.sql
-- With Microsoft Entra leave the logins out and create the users FROM EXTERNAL PROVIDER instead.

IF DB_ID(N'$(Database)') IS NULL CREATE DATABASE [$(Database)];
GO
-- Reads that see committed rows without waiting for writers (on in Azure SQL already). Commits are
-- right without it: they check versions and keys, not what they have read.
ALTER DATABASE [$(Database)] SET READ_COMMITTED_SNAPSHOT ON WITH ROLLBACK IMMEDIATE;
GO
USE [$(Database)];
GO
-- Numbers of requests have no gap after the server was killed.
ALTER DATABASE SCOPED CONFIGURATION SET IDENTITY_CACHE = OFF;
GO
IF SUSER_ID(N'countersign_service') IS NULL
  CREATE LOGIN countersign_service WITH PASSWORD = N'$(ServicePassword)';
IF SUSER_ID(N'countersign_migration') IS NULL
  CREATE LOGIN countersign_migration WITH PASSWORD = N'$(MigrationPassword)';
GO
IF DATABASE_PRINCIPAL_ID(N'countersign_service_user') IS NULL
  CREATE USER countersign_service_user FOR LOGIN countersign_service;
IF DATABASE_PRINCIPAL_ID(N'countersign_migration_user') IS NULL
  CREATE USER countersign_migration_user FOR LOGIN countersign_migration;
GO
-- Enough for the first migration; grants.sql gives the rest once there are tables.
GRANT CREATE TABLE TO countersign_migration_user;
GRANT ALTER, REFERENCES, SELECT, INSERT, UPDATE ON SCHEMA::dbo TO countersign_migration_user;
GO
