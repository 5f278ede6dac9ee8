import type { SessionStore, WhichSessions } from '../../usecases/ports/session-store.ts';
import {
  LEASE_REFRESH,
  END_ALL,
  END_OBJECT,
  END_ONE,
  END_PERSON,
  END_PRINCIPAL,
  RELEASE_REFRESH,
  RENEW_SESSION,
  REENCRYPT_SESSION,
  START_SESSION,
  TOUCH_SESSION,
} from './queries/sessions.ts';
import { encodeRows } from './query.ts';
import type { Row, Pool } from './pool.ts';

const ONCE = { repeat: 'once' } as const;
const TWICE = { repeat: 'twice' } as const;

/** The writing methods of the session port. */
export type SessionWrites = Omit<SessionStore, 'findSession' | 'sessionsNotEncryptedWith'>;

/** Creates the writing methods, one batch each. */
export function sessionWrites(
  pool: Pool,
  retryDuplicateKey: (attempt: () => Promise<readonly Row[]>) => Promise<readonly Row[]>,
): SessionWrites {
  return {
    async startSession(started, { events, personKeys }) {
      const rows = { events: encodeRows(events), personKeys: encodeRows(personKeys) };
      await retryDuplicateKey(() => pool.all(START_SESSION, { ...started, ...rows }, ONCE));
    },
    touchSession: async ({ id, generation, usedAt, endsAt }) =>
      changed(await pool.all(TOUCH_SESSION, { id, generation, usedAt, endsAt }, TWICE)) > 0,
    leaseRefresh: async ({ id, generation, holder, until, now }) =>
      changed(await pool.all(LEASE_REFRESH, { id, generation, holder, until, now }, TWICE)) > 0,
    // The provider revoked the previous refresh token, so the new one must not be lost: retry.
    renewSession: async ({ id, generation, encrypted, encryptedWith }) =>
      changed(await pool.all(RENEW_SESSION, { id, generation, encrypted, encryptedWith }, TWICE)) >
      0,
    async releaseRefresh({ id, holder }) {
      await pool.all(RELEASE_REFRESH, { id, holder }, TWICE);
    },
    reencryptSession: async ({ id, generation, encrypted, encryptedWith }) =>
      changed(
        await pool.all(REENCRYPT_SESSION, { id, generation, encrypted, encryptedWith }, TWICE),
      ) > 0,
    endSessions: async ({ which, recorded, always = false }) =>
      changed(
        await end(pool, which, {
          events: encodeRows(recorded.events),
          personKeys: encodeRows(recorded.personKeys),
          always: always ? 1 : 0,
        }),
      ),
  };
}

function end(
  pool: Pool,
  which: WhichSessions,
  given: { events: string; personKeys: string; always: number },
): Promise<readonly Row[]> {
  switch (which.kind) {
    case 'one':
      return pool.all(END_ONE, { ...given, id: which.id }, ONCE);
    case 'principal':
      return pool.all(END_PRINCIPAL, { ...given, principal: which.key }, ONCE);
    case 'all':
      return pool.all(END_ALL, given, ONCE);
    case 'person': {
      const { objectId, tenantId } = which;
      return tenantId === undefined
        ? pool.all(END_OBJECT, { ...given, objectId }, ONCE)
        : pool.all(END_PERSON, { ...given, objectId, tenantId }, ONCE);
    }
  }
}

function changed(rows: readonly Row[]): number {
  return Number(rows[0]?.['changed'] ?? 0);
}
