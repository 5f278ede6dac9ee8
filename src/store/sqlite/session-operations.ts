import type { Recorded } from '../../usecases/ports/audit-store.ts';
import type {
  SessionStore,
  StoredSession,
  WhichSessions,
} from '../../usecases/ports/session-store.ts';
import {
  LEASE_REFRESH,
  DELETE_OF_OWNER,
  END_ALL,
  END_OBJECT,
  END_ONE,
  END_PERSON,
  END_PRINCIPAL,
  INSERT_SESSION,
  RELEASE_REFRESH,
  RENEW_SESSION,
  REENCRYPT_SESSION,
  TOUCH_SESSION,
} from './queries/sessions.ts';
import type { Row, Connection } from './connection.ts';
import { recordEvents } from './write-rows.ts';

type Input<Name extends keyof SessionStore> = Parameters<SessionStore[Name]>[0];

/** The session operations of the writer thread. Each runs in its own savepoint. */
export const SESSION_OPERATIONS = {
  startSession(
    connection: Connection,
    { started, recorded }: { started: StoredSession; recorded: Recorded },
  ): void {
    const { id, tenantId, objectId, provider, principal, generation } = started;
    connection.run(DELETE_OF_OWNER, { objectId, tenantId, provider });
    connection.run(INSERT_SESSION, {
      id,
      tenantId,
      objectId,
      provider,
      principal,
      generation,
      createdAt: started.createdAt,
      usedAt: started.usedAt,
      endsAt: started.endsAt,
      encrypted: started.encrypted,
      encryptedWith: started.encryptedWith,
    });
    recordEvents(connection, recorded);
  },

  touchSession(connection: Connection, { id, generation, usedAt, endsAt }: Input<'touchSession'>) {
    return connection.run(TOUCH_SESSION, { usedAt, endsAt, id, generation }) > 0;
  },

  leaseRefresh(
    connection: Connection,
    { id, generation, holder, until, now }: Input<'leaseRefresh'>,
  ): boolean {
    return connection.run(LEASE_REFRESH, { holder, until, id, generation, now }) > 0;
  },

  renewSession(
    connection: Connection,
    { id, generation, encrypted, encryptedWith }: Input<'renewSession'>,
  ): boolean {
    return connection.run(RENEW_SESSION, { encrypted, encryptedWith, id, generation }) > 0;
  },

  releaseRefresh(connection: Connection, { id, holder }: Input<'releaseRefresh'>): void {
    connection.run(RELEASE_REFRESH, { id, holder });
  },

  reencryptSession(
    connection: Connection,
    { id, generation, encrypted, encryptedWith }: Input<'reencryptSession'>,
  ): boolean {
    return connection.run(REENCRYPT_SESSION, { encrypted, encryptedWith, id, generation }) > 0;
  },

  endSessions(
    connection: Connection,
    { which, recorded, always = false }: Input<'endSessions'>,
  ): number {
    const gone = connection.run(...ending(which));
    if (gone > 0 || always) recordEvents(connection, recorded);
    return gone;
  },
};

function ending(which: WhichSessions): [sql: string, row: Row] {
  switch (which.kind) {
    case 'one':
      return [END_ONE, { id: which.id }];
    case 'principal':
      return [END_PRINCIPAL, { key: which.key }];
    case 'all':
      return [END_ALL, {}];
    case 'person':
      return which.tenantId === undefined
        ? [END_OBJECT, { objectId: which.objectId }]
        : [END_PERSON, { objectId: which.objectId, tenantId: which.tenantId }];
  }
}
