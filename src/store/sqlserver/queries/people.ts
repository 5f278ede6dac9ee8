import { COLUMNS } from '../columns.ts';
import {
  BY_KEY,
  ID,
  JSON_TEXT,
  PRINCIPAL_KEY,
  SMALL,
  WHOLE,
  query,
  rowsOf,
  textsOf,
} from '../query.ts';

/** People as in their last verified token, with an index by role. */

const PERSON = `
  p.[key], p.tenant_id AS tenantId, p.object_id AS objectId, p.user_id AS userId, p.name,
  p.roles, p.claims, p.seen_at AS seenAt`;

/** Primary key people_pk */
export const FIND_PERSON = query(
  { key: PRINCIPAL_KEY },
  `SELECT ${PERSON} FROM dbo.people p WHERE p.[key] = @key`,
);

/** Index people_roles_by_role: the latest people of each role, then of all roles. */
export const FIND_PEOPLE = query(
  { roles: JSON_TEXT, limit: SMALL },
  `
  SELECT TOP (@limit) ${PERSON} FROM dbo.people p
  WHERE p.[key] IN (
    SELECT x.person_key
    FROM ${textsOf('@roles', ID)} r
    CROSS APPLY (
      SELECT TOP (@limit) i.person_key FROM dbo.people_roles i
      WHERE i.role = r.text ORDER BY i.seen_at DESC, i.person_key DESC
    ) x
  )
  ORDER BY p.seen_at DESC, p.[key] DESC`,
);

const PEOPLE = rowsOf('@people', COLUMNS.people);

const ROLES = rowsOf('@roles', { key: PRINCIPAL_KEY, role: ID, seen_at: WHOLE });

/** Part of a commit. An older value changes neither the person nor the roles. */
export const UPSERT_PEOPLE = `
  UPDATE p SET
    tenant_id = n.tenant_id, object_id = n.object_id, user_id = n.user_id, name = n.name,
    roles = n.roles, claims = n.claims, seen_at = n.seen_at
  FROM dbo.people p JOIN ${PEOPLE} n ON p.[key] = n.[key]
  WHERE n.seen_at >= p.seen_at ${BY_KEY};
  INSERT INTO dbo.people
    ([key], tenant_id, object_id, user_id, name, roles, claims, seen_at)
  SELECT n.[key], n.tenant_id, n.object_id, n.user_id, n.name, n.roles, n.claims, n.seen_at
  FROM ${PEOPLE} n
  WHERE NOT EXISTS (SELECT 1 FROM dbo.people p WHERE p.[key] = n.[key]);
  DELETE x
  FROM dbo.people_roles x
  JOIN ${PEOPLE} n ON x.person_key = n.[key]
  JOIN dbo.people p ON p.[key] = x.person_key AND p.seen_at = n.seen_at
  WHERE NOT EXISTS (
    SELECT 1 FROM ${ROLES} r
    WHERE r.[key] = x.person_key AND r.role = x.role
  );
  UPDATE x SET seen_at = r.seen_at
  FROM dbo.people_roles x
  JOIN ${ROLES} r ON x.person_key = r.[key] AND x.role = r.role
  JOIN dbo.people p ON p.[key] = x.person_key AND p.seen_at = r.seen_at ${BY_KEY};
  INSERT INTO dbo.people_roles (person_key, role, seen_at)
  SELECT p.[key], r.role, r.seen_at
  FROM ${ROLES} r
  JOIN dbo.people p ON p.[key] = r.[key] AND p.seen_at = r.seen_at
  WHERE NOT EXISTS (
    SELECT 1 FROM dbo.people_roles x
    WHERE x.person_key = r.[key] AND x.role = r.role
  );`;
