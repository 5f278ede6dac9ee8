import type { AuditStore } from '../../usecases/ports/audit-store.ts';
import type { JobStore } from '../../usecases/ports/job-store.ts';
import type { LeaseBefore, LeaseStore } from '../../usecases/ports/lease-store.ts';
import type { SessionStore } from '../../usecases/ports/session-store.ts';
import type { SignInStore } from '../../usecases/ports/sign-in-store.ts';
import { checkSeal, unsealable } from '../check-writes.ts';
import { jobsFrom, peaksText } from '../rows.ts';
import type { JobRow } from '../rows.ts';
import { LINKS_OF_A_PERSON, writesOver } from '../writes.ts';
import type { WriteEngine, Writes } from '../writes.ts';
import { ALL_QUERIES } from './all-queries.ts';
import { isDuplicateKey } from './errors.ts';
import type { Pool, Row } from './pool.ts';
import { SEAL } from './queries/audit.ts';
import { FINISH_JOB, LEASE_JOBS, RENEW_JOBS } from './queries/jobs.ts';
import { TAKE_LEASE } from './queries/leases.ts';
import { START_SESSION } from './queries/sessions.ts';
import { INSERT_LINK } from './queries/sign-in.ts';
import { byKey, encodeRows } from './query.ts';
import type { Query } from './query.ts';

/** For idempotent statements. */
const TWICE = { repeat: 'twice' } as const;
const ONCE = { repeat: 'once' } as const;

/** Tries of a statement whose key others insert at the same time; then it is a real conflict. */
const MAX_RACES = 6;

/** The writing methods of the port without commits and erasures, one batch each. */
type BatchWrites = Writes &
  Pick<SignInStore, 'addLink'> &
  Pick<SessionStore, 'startSession'> &
  Pick<AuditStore, 'seal'> &
  Pick<LeaseStore, 'takeLease'> &
  Pick<JobStore, 'leaseJobs' | 'renewJobs' | 'ackJob'>;

/** Creates the writing methods over a pool. */
export function createWrites(pool: Pool): BatchWrites {
  const change: WriteEngine<Query>['change'] = async (query, values, repeat) =>
    changed(await retryDuplicateKey(() => pool.all(query, values, { repeat })));
  return {
    ...writesOver<Query>({
      queries: ALL_QUERIES,
      list: encodeRows,
      change,
      take: async <Found>(query: Query, values: Parameters<Pool['all']>[1]) =>
        (await pool.all(query, values, ONCE))[0] as Found | undefined,
      changeAndRecord: (query, values, { recorded, always = false }) =>
        change(query, { ...values, ...encodeRecorded(recorded), always: Number(always) }, 'once'),
    }),
    ...jobWrites(pool),
    seal: (options) => seal(pool, options),
    async addLink(link) {
      await change(INSERT_LINK, { ...link, others: LINKS_OF_A_PERSON - 1 }, 'once');
    },
    async startSession(session, recorded) {
      await change(START_SESSION, { ...session, ...encodeRecorded(recorded) }, 'once');
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
  };
}

function jobWrites(pool: Pool): Pick<JobStore, 'leaseJobs' | 'renewJobs' | 'ackJob'> {
  return {
    // If the answer is lost, the jobs wait for the end of their lease: nobody knows the fence.
    async leaseJobs({ limit, leaseMs, now }) {
      const rows = await pool.all(LEASE_JOBS, { limit, leaseUntil: now + leaseMs, now }, ONCE);
      return jobsFrom(rows as unknown as JobRow[]);
    },
    async renewJobs({ jobs, leaseMs, now }) {
      const held = encodeRows(byKey(jobs.map(({ key, fence }) => ({ key, fence }))));
      const rows = await pool.all(RENEW_JOBS, { jobs: held, leaseUntil: now + leaseMs }, TWICE);
      return rows.map(({ key }) => String(key));
    },
    // Idempotent: a retry after a lost answer finds no such lease. A finished job does not run again.
    async ackJob({ key, fence }) {
      const values = { ackKey: key, ackFence: fence, ackDone: 1 };
      return changed(await pool.all(FINISH_JOB, values, TWICE)) > 0;
    },
  };
}

/** Inserts leaves and their checkpoint if the log has the expected size. */
async function seal(pool: Pool, given: Parameters<AuditStore['seal']>[0]): Promise<boolean> {
  checkSeal(given);
  const { expectedSize, leaves, checkpoint, peaks } = given;
  const rows = { leaves: encodeRows(leaves), count: leaves.length, peaks: peaksText(peaks) };
  const [row] = await pool.all(SEAL, { expectedSize, ...checkpoint, ...rows }, ONCE);
  const outcome = row?.['outcome'];
  if (outcome === 'stranger') throw unsealable('an event does not wait to be sealed');
  if (outcome === 'repeated') throw unsealable('an event has a leaf already');
  return outcome === 'sealed';
}

function encodeRecorded({ events, personKeys }: Parameters<SessionStore['startSession']>[1]) {
  return { events: encodeRows(events), personKeys: encodeRows(personKeys) };
}

/**
 * Retries after a duplicate key of a concurrent insert: the retry sees the other row. Of statements
 * at the same time one succeeds in each round, so as many rounds are needed as there are of them.
 */
async function retryDuplicateKey(attempt: () => Promise<readonly Row[]>): Promise<readonly Row[]> {
  for (let races = 1; ; races += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!isDuplicateKey(error) || races === MAX_RACES) throw error;
    }
  }
}

function changed(rows: readonly Row[]): number {
  return Number(rows[0]?.['changed'] ?? 0);
}
