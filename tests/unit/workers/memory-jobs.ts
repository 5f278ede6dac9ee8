import type { Job, JobStore, NewJob, Parked } from '../../../src/usecases/ports/job-store.ts';

interface Row extends NewJob {
  attempts: number;
  fence: number;
  leaseUntil: number;
  runAt: number;
  dueAt: number;
  dead: boolean;
  parked: Parked | null;
  again: boolean;
  error: string | null;
}

/** A job store in memory that fulfils the port. */
export interface MemoryJobs extends JobStore {
  readonly rows: Map<string, Row>;
  readonly leases: { limit: number; at: number }[];
  /** As an insertion by a commit does: a job in hand runs again afterwards. */
  add(key: string, runAt?: number): void;
}

/** An empty job store. */
export function memoryJobs(): MemoryJobs {
  const rows = new Map<string, Row>();
  const leases: { limit: number; at: number }[] = [];
  let fences = 0;
  const held = (key: string, fence: number) => {
    const row = rows.get(key);
    return row?.fence === fence ? row : undefined;
  };
  return {
    rows,
    leases,
    add(key, runAt = 0) {
      const before = rows.get(key);
      if (before && before.leaseUntil > 0) {
        before.again = true;
        return;
      }
      rows.set(key, {
        key,
        kind: 'card',
        about: { type: 'request', id: 'req_1' },
        runAt,
        dueAt: runAt,
        when: 'earliest',
        priority: 1,
        again: false,
        attempts: 0,
        fence: 0,
        leaseUntil: 0,
        dead: false,
        parked: null,
        error: null,
      });
    },
    async leaseJobs({ limit, leaseMs, now }) {
      leases.push({ limit, at: now });
      const due = [...rows.values()]
        .filter((row) => !row.dead && row.dueAt <= now && row.leaseUntil <= now)
        .slice(0, limit);
      return due.map((row): Job => {
        fences += 1;
        const attempts = row.attempts + 1;
        Object.assign(row, { fence: fences, leaseUntil: now + leaseMs, attempts });
        return { ...row };
      });
    },
    async renewJobs({ jobs, leaseMs, now }) {
      return jobs
        .filter(({ key, fence }) => {
          const row = held(key, fence);
          if (row) row.leaseUntil = now + leaseMs;
          return row !== undefined;
        })
        .map(({ key }) => key);
    },
    async ackJob({ key, fence }) {
      const row = held(key, fence);
      if (!row) return false;
      if (row.again) Object.assign(row, { leaseUntil: 0, fence: 0, again: false });
      else rows.delete(key);
      return true;
    },
    async releaseJob({ key, fence, runAt, error, parked = 'dead' }) {
      const row = held(key, fence);
      if (!row) return false;
      Object.assign(row, {
        ...(error === null ? { attempts: row.attempts - 1 } : { runAt: runAt ?? row.runAt, error }),
        dueAt: runAt ?? row.dueAt,
        dead: runAt === null,
        parked: runAt === null ? parked : null,
        leaseUntil: 0,
        fence: 0,
      });
      return true;
    },
    async nextJobAt() {
      const times = [...rows.values()]
        .filter((row) => !row.dead)
        .map((row) => Math.max(row.dueAt, row.leaseUntil));
      return times.length > 0 ? Math.min(...times) : undefined;
    },
    countJobs: async () => ({
      waiting: [...rows.values()].filter((row) => !row.dead).length,
      dead: [...rows.values()].filter((row) => row.dead && row.parked === 'dead').length,
      undeliverable: [...rows.values()].filter((row) => row.parked === 'undeliverable').length,
    }),
    wakeCards: () => Promise.resolve(0),
  };
}
