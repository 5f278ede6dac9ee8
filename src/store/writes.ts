import type { Recorded } from '../usecases/ports/audit-store.ts';
import type { Housekeeping } from '../usecases/ports/housekeeping.ts';
import type { JobAdminStore } from '../usecases/ports/job-admin-store.ts';
import type { JobStore } from '../usecases/ports/job-store.ts';
import type { KeyRotationStore, KeyStore } from '../usecases/ports/key-store.ts';
import type { LeaseStore } from '../usecases/ports/lease-store.ts';
import type { SessionStore, WhichSessions } from '../usecases/ports/session-store.ts';
import type { SignInAttempt, SignInLink, SignInStore } from '../usecases/ports/sign-in-store.ts';
import type { Values } from './reader.ts';
import type { SharedQuery } from './shared-query.ts';

/**
 * Whether a statement is retried after its answer was lost. `twice`: yes, because it is idempotent (a
 * read, or a commit with a change id). `once`: only if the server certainly did not apply it.
 */
export type Repeat = 'twice' | 'once';

/** How an engine writes: each call is a commit of its own. */
export interface WriteEngine<Query> {
  readonly queries: Readonly<Record<SharedQuery, Query>>;
  /** Returns the number of changed rows. */
  change(query: Query, values: Values, repeat: Repeat): Promise<number>;
  /** Encodes a list as one parameter. */
  list(items: readonly string[]): string;
  /** Returns the changed row. */
  take<Row>(query: Query, values: Values): Promise<Row | undefined>;
  /**
   * The same with events, which are inserted only if it changed a row, or `always`. Not repeated
   * after a lost answer.
   */
  changeAndRecord(query: Query, values: Values, recording: Recording): Promise<number>;
}

/** What a change records; `always`: where it changes nothing, too. */
export interface Recording {
  readonly recorded: Recorded;
  readonly always?: boolean;
}

/** The writing methods that are one statement on both engines. */
export type Writes = Omit<SignInStore, 'addLink'> &
  SessionWrites &
  Pick<KeyStore, 'addFirstKey'> &
  KeyRotationStore &
  Pick<LeaseStore, 'releaseLease'> &
  Pick<JobStore, 'releaseJob' | 'wakeCards'> &
  Pick<JobAdminStore, 'retryJob' | 'dropJob'> &
  Pick<Housekeeping, 'purge'>;

const DAY_MS = 86_400_000;
const CHANGES_KEPT_MS = 7 * DAY_MS;
const LINKS_KEPT_MS = DAY_MS;
const LEASES_KEPT_MS = DAY_MS;
const UNDELIVERABLE_KEPT_MS = 30 * DAY_MS;
/** The size of the column on SQL Server. */
const MAX_ERROR_LENGTH = 2_000;

/** The number of sign-in links that a person keeps. */
export const LINKS_OF_A_PERSON = 20;

/** Creates the writing methods that are one statement on both engines. */
export function writesOver<Query>(engine: WriteEngine<Query>): Writes {
  const { change, queries } = engine;
  return {
    ...signInWrites(engine),
    ...sessionWrites(engine),
    addFirstKey: async (key) => (await change(queries.INSERT_FIRST_KEY, { ...key }, 'once')) > 0,
    async addKey(key) {
      await change(queries.INSERT_KEY, { ...key }, 'once');
    },
    async releaseLease({ name, holder, now, note = null }) {
      if (note === null) await change(queries.DELETE_LEASE, { name, holder }, 'twice');
      else await change(queries.LEAVE_LEASE, { name, holder, now, note }, 'twice');
    },
    async releaseJob({ key, fence, runAt, error, parked = 'dead' }) {
      const text = error?.slice(0, MAX_ERROR_LENGTH) ?? null;
      const values = { key, fence, runAt, error: text, parked };
      return (await change(queries.RELEASE_JOB, values, 'twice')) > 0;
    },
    wakeCards: ({ channels, conversationId, now }) =>
      change(queries.WAKE_CARDS, { channels: engine.list(channels), conversationId, now }, 'twice'),
    retryJob: async ({ key, now, recorded }) =>
      (await engine.changeAndRecord(queries.RETRY_JOB, { key, now }, { recorded })) > 0,
    dropJob: async ({ key, recorded }) =>
      (await engine.changeAndRecord(queries.DROP_PARKED_JOB, { key }, { recorded })) > 0,
    async purge(now, limit) {
      let gone = 0;
      for (const [query, keptMs] of [
        [queries.PURGE_ONCE_KEYS, 0],
        [queries.PURGE_CHANGES, CHANGES_KEPT_MS],
        [queries.PURGE_LEASES, LEASES_KEPT_MS],
        [queries.PURGE_LINKS, LINKS_KEPT_MS],
        [queries.PURGE_SESSIONS, 0],
        [queries.PURGE_UNDELIVERABLE, UNDELIVERABLE_KEPT_MS],
      ] as const) {
        gone += await change(query, { until: now - keptMs, limit }, 'once');
      }
      return gone;
    },
  };
}

function signInWrites<Query>(engine: WriteEngine<Query>): Omit<SignInStore, 'addLink'> {
  const { take, change, queries } = engine;
  return {
    openLink: (id, attempt, now) => take<SignInLink>(queries.OPEN_LINK, { ...attempt, id, now }),
    takeAttempt: (state, now) =>
      take<SignInLink & SignInAttempt>(queries.TAKE_ATTEMPT, { state, now }),
    async park(id, parked, now) {
      await change(queries.PARK, { ...parked, id, now }, 'twice');
    },
    redeem: (key, now) => take<SignInLink & { identity: string }>(queries.REDEEM, { ...key, now }),
  };
}

type SessionWrites = Omit<
  SessionStore,
  'findSession' | 'sessionsNotEncryptedWith' | 'startSession'
>;

function sessionWrites<Query>(engine: WriteEngine<Query>): SessionWrites {
  const { change, queries } = engine;
  const changes = async (query: Query, values: Values) =>
    (await change(query, values, 'twice')) > 0;
  return {
    touchSession: (use) => changes(queries.TOUCH_SESSION, use),
    leaseRefresh: (lease) => changes(queries.LEASE_REFRESH, lease),
    // The provider revoked the previous refresh token, so the new one must not be lost: retry.
    renewSession: (renewed) => changes(queries.RENEW_SESSION, renewed),
    async releaseRefresh(held) {
      await changes(queries.RELEASE_REFRESH, held);
    },
    reencryptSession: (session) => changes(queries.REENCRYPT_SESSION, session),
    endSessions: ({ which, ...recording }) =>
      engine.changeAndRecord(...ending(which, queries), recording),
  };
}

function ending<Query>(
  which: WhichSessions,
  queries: WriteEngine<Query>['queries'],
): [query: Query, values: Values] {
  switch (which.kind) {
    case 'one':
      return [queries.END_ONE, { id: which.id }];
    case 'principal':
      return [queries.END_PRINCIPAL, { principal: which.key }];
    case 'all':
      return [queries.END_ALL, {}];
    case 'person': {
      const { objectId, tenantId } = which;
      return tenantId === undefined
        ? [queries.END_OBJECT, { objectId }]
        : [queries.END_PERSON, { objectId, tenantId }];
    }
  }
}
