import {
  ID,
  JSON_TEXT,
  PRINCIPAL_KEY,
  SMALL,
  WHOLE,
  counted,
  query,
  transaction,
} from '../query.ts';
import { INSERT_EVENTS, RECORDED, changeAndRecord } from './audit.ts';

/** Sessions. Each step is one conditional statement on the row. */

const SESSION = `id, tenant_id AS tenantId, object_id AS objectId, provider, principal, generation,
    created_at AS createdAt, used_at AS usedAt, ends_at AS endsAt, encrypted,
    encrypted_with AS encryptedWith`;

const RENEWAL = { id: ID, generation: WHOLE, encrypted: JSON_TEXT, encryptedWith: ID };

/** Of two concurrent starts one violates sessions_by_owner and is retried. */
export const START_SESSION = query(
  {
    id: ID,
    tenantId: ID,
    objectId: ID,
    provider: ID,
    principal: PRINCIPAL_KEY,
    generation: WHOLE,
    createdAt: WHOLE,
    usedAt: WHOLE,
    endsAt: WHOLE,
    encrypted: JSON_TEXT,
    encryptedWith: ID,
    events: JSON_TEXT,
    personKeys: JSON_TEXT,
  },
  `
  ${transaction(
    `DELETE FROM dbo.sessions
    WHERE object_id = @objectId AND tenant_id = @tenantId AND provider = @provider;
    INSERT INTO dbo.sessions (id, tenant_id, object_id, provider, principal, generation,
      created_at, used_at, ends_at, encrypted, encrypted_with, refresh_until)
    VALUES (@id, @tenantId, @objectId, @provider, @principal, @generation,
      @createdAt, @usedAt, @endsAt, @encrypted, @encryptedWith, 0);
    ${INSERT_EVENTS}`,
  )}`,
);

/** Unique key sessions_by_owner */
export const FIND_SESSION = query(
  { objectId: ID, tenantId: ID, provider: ID },
  `
  SELECT ${SESSION} FROM dbo.sessions
  WHERE object_id = @objectId AND tenant_id = @tenantId AND provider = @provider`,
);

/** Primary key sessions_pk. A delayed click does not shorten the session. */
export const TOUCH_SESSION = counted(
  { id: ID, generation: WHOLE, usedAt: WHOLE, endsAt: WHOLE },
  `UPDATE dbo.sessions SET
    used_at = CASE WHEN used_at > @usedAt THEN used_at ELSE @usedAt END,
    ends_at = CASE WHEN ends_at > @endsAt THEN ends_at ELSE @endsAt END
  WHERE id = @id AND generation = @generation`,
);

/** Primary key sessions_pk. Idempotent: the holder may retry after a lost answer. */
export const LEASE_REFRESH = counted(
  { id: ID, generation: WHOLE, holder: ID, until: WHOLE, now: WHOLE },
  `UPDATE dbo.sessions SET refresh_holder = @holder, refresh_until = @until
  WHERE id = @id AND generation = @generation
    AND (refresh_until <= @now OR refresh_holder = @holder)`,
);

/**
 * Primary key sessions_pk. Idempotent: a ciphertext is unique, so if the next generation has it, an
 * earlier call wrote it and its answer was lost.
 */
export const RENEW_SESSION = query(
  RENEWAL,
  `
  SET NOCOUNT ON;
  DECLARE @renewed int;
  UPDATE dbo.sessions SET generation = generation + 1, encrypted = @encrypted,
    encrypted_with = @encryptedWith, refresh_holder = NULL, refresh_until = 0
  WHERE id = @id AND generation = @generation;
  SET @renewed = @@ROWCOUNT;
  IF @renewed = 0 AND EXISTS (
    SELECT 1 FROM dbo.sessions
    WHERE id = @id AND generation = @generation + 1
      AND encrypted = @encrypted COLLATE Latin1_General_BIN2
  ) SET @renewed = 1;
  SELECT @renewed AS changed`,
);

/** Primary key sessions_pk */
export const RELEASE_REFRESH = query(
  { id: ID, holder: ID },
  `
  UPDATE dbo.sessions SET refresh_holder = NULL, refresh_until = 0
  WHERE id = @id AND refresh_holder = @holder`,
);

/** Primary key sessions_pk */
export const REENCRYPT_SESSION = counted(
  RENEWAL,
  `UPDATE dbo.sessions SET encrypted = @encrypted, encrypted_with = @encryptedWith
  WHERE id = @id AND generation = @generation`,
);

/** Index sessions_by_key: two ranges, because an index does not serve an inequality. */
export const NOT_ENCRYPTED_WITH = query(
  { encryptedWith: ID, limit: SMALL },
  `
  SELECT TOP (@limit) * FROM (
    SELECT ${SESSION} FROM dbo.sessions WHERE encrypted_with < @encryptedWith
    UNION ALL
    SELECT ${SESSION} FROM dbo.sessions WHERE encrypted_with > @encryptedWith
  ) s`,
);

const ending = (where: string) => changeAndRecord(`DELETE FROM dbo.sessions ${where}`);

/** Primary key sessions_pk */
export const END_ONE = query({ ...RECORDED, id: ID }, ending('WHERE id = @id'));

/** Unique key sessions_by_owner */
export const END_OBJECT = query(
  { ...RECORDED, objectId: ID },
  ending('WHERE object_id = @objectId'),
);

/** Unique key sessions_by_owner */
export const END_PERSON = query(
  { ...RECORDED, objectId: ID, tenantId: ID },
  ending('WHERE object_id = @objectId AND tenant_id = @tenantId'),
);

/** Index sessions_by_principal */
export const END_PRINCIPAL = query(
  { ...RECORDED, principal: PRINCIPAL_KEY },
  ending('WHERE principal = @principal'),
);

export const END_ALL = query(RECORDED, ending(''));
