import type { AuditStore } from '../../usecases/ports/audit-store.ts';
import type { LeaseBefore, LeaseStore } from '../../usecases/ports/lease-store.ts';
import type { SignInAttempt, SignInLink, SignInStore } from '../../usecases/ports/sign-in-store.ts';
import type { StoredKey } from '../../usecases/ports/key-store.ts';
import { StoreError } from '../../usecases/ports/store-error.ts';
import { peaksText } from '../rows.ts';
import { isDuplicateKey } from './errors.ts';
import { SEAL } from './queries/audit.ts';
import {
  CHECK,
  PURGE_CHANGES,
  PURGE_ONCE_KEYS,
  PURGE_LEASES,
  PURGE_LINKS,
  PURGE_SESSIONS,
} from './queries/housekeeping.ts';
import { INSERT_FIRST_KEY, INSERT_KEY } from './queries/keys.ts';
import { DELETE_LEASE, LEAVE_LEASE, TAKE_LEASE } from './queries/leases.ts';
import { INSERT_LINK, OPEN_LINK, PARK, REDEEM, TAKE_ATTEMPT } from './queries/sign-in.ts';
import { encodeRows } from './query.ts';
import { sessionWrites } from './session-operations.ts';
import type { SessionWrites } from './session-operations.ts';
import type { Repeat, Row, Pool } from './pool.ts';

const DAY_MS = 86_400_000;
const CHANGES_KEPT_MS = 7 * DAY_MS;
const LINKS_KEPT_MS = DAY_MS;
const LEASES_KEPT_MS = DAY_MS;
const LINKS_OF_A_PERSON = 20;

/** For idempotent statements. */
const TWICE: { repeat: Repeat } = { repeat: 'twice' };
const ONCE: { repeat: Repeat } = { repeat: 'once' };

/** The writing methods of the port without commits and jobs, one batch each. */
export type Writes = SignInStore &
  SessionWrites &
  Omit<LeaseStore, 'countLeases'> &
  Pick<AuditStore, 'seal'> & {
    addKey(key: StoredKey): Promise<void>;
    addFirstKey(key: StoredKey): Promise<boolean>;
    purge(now: number, limit: number): Promise<number>;
    check(now: number): Promise<void>;
  };

/** Creates the writing methods over a pool. */
export function createWrites(pool: Pool): Writes {
  return {
    ...signIn(pool),
    ...sessionWrites(pool, retryDuplicateKey),
    seal: (options) => seal(pool, options),

    async addFirstKey({ purpose, id, encrypted, createdAt }) {
      const key = { purpose, id, encrypted, createdAt };
      return changed(await retryDuplicateKey(() => pool.all(INSERT_FIRST_KEY, key, ONCE))) > 0;
    },
    async addKey({ purpose, id, encrypted, createdAt }) {
      const key = { purpose, id, encrypted, createdAt };
      await retryDuplicateKey(() => pool.all(INSERT_KEY, key, ONCE));
    },
    async takeLease({ name, holder, leaseMs, now, note = null }) {
      const leaseUntil = now + leaseMs;
      const values = { name, holder, leaseUntil, now, note };
      // No retry after a lost answer: it would not return the previous row.
      const [row] = await retryDuplicateKey(() => pool.all(TAKE_LEASE, values, ONCE));
      if (row === undefined || Number(row['changed']) === 0) return undefined;
      const { holder: held, until, note: left } = row as unknown as LeaseBefore;
      return { until: leaseUntil, before: { holder: held, until: Number(until), note: left } };
    },
    async releaseLease({ name, holder, now, note = null }) {
      if (note === null) await pool.all(DELETE_LEASE, { name, holder }, TWICE);
      else await pool.all(LEAVE_LEASE, { name, holder, now, note }, TWICE);
    },

    async purge(now, limit) {
      let gone = 0;
      for (const [query, keptMs] of [
        [PURGE_ONCE_KEYS, 0],
        [PURGE_CHANGES, CHANGES_KEPT_MS],
        [PURGE_LEASES, LEASES_KEPT_MS],
        [PURGE_LINKS, LINKS_KEPT_MS],
        [PURGE_SESSIONS, 0],
      ] as const) {
        gone += changed(await pool.all(query, { until: now - keptMs, limit }, ONCE));
      }
      return gone;
    },
    async check(now) {
      await pool.all(CHECK, { now }, TWICE);
    },
  };
}

function signIn(pool: Pool): SignInStore {
  return {
    async addLink({ id, tenantId, objectId, requestId, revision, expiresAt, demand }) {
      const others = LINKS_OF_A_PERSON - 1;
      const values = {
        id,
        tenantId,
        objectId,
        requestId,
        revision,
        expiresAt,
        demand,
        others,
      };
      await pool.all(INSERT_LINK, values, ONCE);
    },
    async openLink(id, { state, browser, nonce, verifier }, now) {
      const rows = await pool.all(OPEN_LINK, { id, state, browser, nonce, verifier, now }, ONCE);
      return rows[0] as SignInLink | undefined;
    },
    async takeAttempt(state, now) {
      const rows = await pool.all(TAKE_ATTEMPT, { state, now }, ONCE);
      return rows[0] as (SignInLink & SignInAttempt) | undefined;
    },
    async park(linkId, { code, identity }, now) {
      await pool.all(PARK, { id: linkId, code, identity, now }, TWICE);
    },
    async redeem({ code, tenantId, objectId }, now) {
      const rows = await pool.all(REDEEM, { code, tenantId, objectId, now }, ONCE);
      return rows[0] as (SignInLink & { readonly identity: string }) | undefined;
    },
  };
}

/** Inserts leaves and their checkpoint if the log has the expected size. */
async function seal(
  pool: Pool,
  { expectedSize, leaves, checkpoint, peaks }: Parameters<AuditStore['seal']>[0],
): Promise<boolean> {
  const { size, root, at, jws } = checkpoint;
  for (const [offset, leaf] of leaves.entries()) {
    if (leaf.index !== expectedSize + offset) throw unsealable(`leaf ${leaf.index} leaves a gap`);
  }
  if (size !== expectedSize + leaves.length) {
    throw unsealable(`the checkpoint speaks of ${size} leaves`);
  }
  const [row] = await pool.all(
    SEAL,
    {
      expectedSize,
      leaves: encodeRows(leaves),
      count: leaves.length,
      size,
      root,
      at,
      jws,
      peaks: peaksText(peaks),
    },
    ONCE,
  );
  const outcome = row?.['outcome'];
  if (outcome === 'stranger') throw unsealable('an event does not wait to be sealed');
  if (outcome === 'repeated') throw unsealable('an event has a leaf already');
  return outcome === 'sealed';
}

function unsealable(why: string): StoreError {
  return new StoreError('store_rejected', `The audit log was not sealed: ${why}.`);
}

/** Retries once after a duplicate key of a concurrent insert: the retry sees the other row. */
async function retryDuplicateKey(attempt: () => Promise<readonly Row[]>): Promise<readonly Row[]> {
  try {
    return await attempt();
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    return attempt();
  }
}

function changed(rows: readonly Row[]): number {
  return Number(rows[0]?.['changed'] ?? 0);
}
