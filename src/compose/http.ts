import type { WitnessSender } from '../audit/witness-sender.ts';
import { createServer } from '../http/server.ts';
import type { HttpServer } from '../http/server.ts';
import type { Teams, TeamsOutbound } from '../teams/teams.ts';
import { textFor } from '../text/text.ts';
import type { App } from '../usecases/app.ts';
import type { Identity } from '../usecases/ports/identity.ts';
import type { SignInPages } from '../usecases/ports/sign-in-pages.ts';
import type { Store } from '../usecases/ports/store.ts';
import { createWebPages } from '../web/pages.ts';
import type { Foundation } from './foundation.ts';

/** The HTTP server: API, pages, what Bot Framework posts, health. */
export function composeHttp(
  { config, clock, log, store, keys }: Foundation,
  parts: {
    readonly app: App;
    readonly identity: Identity;
    readonly signIn: SignInPages;
    readonly teams: Teams;
    readonly outbound: TeamsOutbound;
    readonly witness: WitnessSender | undefined;
  },
): HttpServer {
  const { app, identity, signIn, teams, outbound } = parts;
  return createServer({
    config,
    app,
    identity,
    log,
    clock,
    activities: { messages: (input) => teams.receive(input) },
    pages: createWebPages({ config, signIn, log, textFor }),
    jwks: async () => keys.publicJwks(),
    ready: () => readiness(store),
    counters: () => countersOf(app),
    gauges: async () => ({ ...(await gauges(store, outbound)), ...witnessGauges(parts.witness) }),
  });
}

/** Counters of this process, by their names in the metrics. */
function countersOf(app: Pick<App, 'unrecorded'>): Readonly<Record<string, number>> {
  const { strangers, limited } = app.unrecorded();
  return {
    countersign_strangers_refused_total: strangers,
    countersign_refusals_unrecorded_total: limited,
  };
}

/** Gauges of this moment, by their names in the metrics. */
async function gauges(
  store: Pick<Store, 'countJobs'>,
  outbound: Pick<TeamsOutbound, 'waiting'>,
): Promise<Readonly<Record<string, number>>> {
  const { waiting, dead, undeliverable } = await store.countJobs();
  const { calls, longestMs } = outbound.waiting();
  return {
    countersign_jobs_waiting: waiting,
    countersign_jobs_dead: dead,
    countersign_jobs_undeliverable: undeliverable,
    countersign_teams_calls_waiting: calls,
    countersign_teams_longest_wait_seconds: longestMs / 1_000,
  };
}

/** None without a witness: a value of 0 would say that all is well. */
function witnessGauges(witness: WitnessSender | undefined): Readonly<Record<string, number>> {
  if (witness === undefined) return {};
  const { failing, behind } = witness.state();
  return {
    countersign_audit_witness_failing: failing ? 1 : 0,
    countersign_audit_witness_behind: behind,
  };
}

/** Whether the service can do its work: what `/readyz` answers. */
async function readiness(
  store: Pick<Store, 'check'>,
): Promise<{ ok: boolean; checks: Readonly<Record<string, string>> }> {
  try {
    await store.check();
    return { ok: true, checks: { store: 'ok' } };
  } catch (error) {
    return { ok: false, checks: { store: error instanceof Error ? error.message : 'failed' } };
  }
}
