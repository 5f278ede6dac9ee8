import type { TeamsOutbound } from '../teams/teams.ts';
import type { Store } from '../usecases/ports/store.ts';

/** Gauges of this moment, by their names in the metrics. */
export async function gauges(
  store: Pick<Store, 'countJobs'>,
  outbound: Pick<TeamsOutbound, 'waiting'>,
): Promise<Readonly<Record<string, number>>> {
  const { waiting, dead } = await store.countJobs();
  const { calls, longestMs } = outbound.waiting();
  return {
    countersign_jobs_waiting: waiting,
    countersign_jobs_dead: dead,
    countersign_teams_calls_waiting: calls,
    countersign_teams_longest_wait_seconds: longestMs / 1_000,
  };
}

/** Whether the service can do its work: what `/readyz` answers. */
export async function readiness(
  store: Pick<Store, 'check'>,
): Promise<{ ok: boolean; checks: Readonly<Record<string, string>> }> {
  try {
    await store.check();
    return { ok: true, checks: { store: 'ok' } };
  } catch (error) {
    return { ok: false, checks: { store: error instanceof Error ? error.message : 'failed' } };
  }
}
