import { createSealer } from './audit/seal.ts';
import { createCards } from './cards/cards.ts';
import type { Config } from './config/config.ts';
import { createExecutors } from './executors/registry.ts';
import { createServer } from './http/server.ts';
import { createBotCredentials } from './identity/bot-credentials.ts';
import { createChannelTokens } from './identity/channel-tokens.ts';
import { createIdentity } from './identity/identity.ts';
import { startKeySchedule } from './identity/key-schedule.ts';
import { createSignIn } from './identity/sign-in.ts';
import { createVerifier } from './identity/verify-token.ts';
import { createKeys } from './keys/keys.ts';
import type { Keys } from './keys/keys.ts';
import { correctedClock, systemClock } from './lib/clock.ts';
import type { Clock } from './lib/clock.ts';
import { systemIds } from './lib/ids.ts';
import type { Ids } from './lib/ids.ts';
import { jsonLogger } from './lib/logger.ts';
import type { Logger } from './lib/logger.ts';
import type { Running } from './lib/loop.ts';
import { openStore } from './store/open-store.ts';
import { createTeams, createTeamsOutbound } from './teams/teams.ts';
import { createApp } from './usecases/app.ts';
import type { Deps } from './usecases/deps.ts';
import type { StoredSecrets, Workflows } from './usecases/ports.ts';
import { runJob } from './usecases/run-job.ts';
import { createSignals } from './usecases/signals.ts';
import type { Store } from './usecases/store-ports.ts';
import { createWebPages } from './web/pages.ts';
import { startRelay } from './workers/relay.ts';
import { correctClock, startSchedule } from './workers/schedule.ts';

/** What tests, the local profile and benchmarks may put in the place of the real thing. */
export interface Overrides {
  /** Stands for the database's clock as well, which would correct it otherwise. */
  readonly clock?: Clock;
  readonly ids?: Ids;
  readonly log?: Logger;
  /** `held`: jobs are written, and delivered only after `release`. */
  readonly workers?: 'running' | 'held';
  /** How long a job that a killed process had in hand stays with it. */
  readonly jobLeaseMs?: number;
}

/** The whole service, made and not yet started. */
export interface Service {
  readonly store: Store;
  readonly keys: Keys;
  /**
   * Listens and starts the workers; gives the address of this machine's side. Where that fails,
   * everything is stopped again and the error (a taken port, a store that is gone) is thrown.
   */
  start(): Promise<{ url: string }>;
  /** Lets held workers go. */
  release(): void;
  /** Ends what runs, in order: ingress, workers, store. */
  stop(): Promise<void>;
}

/**
 * Puts every part together; the only place that knows them all.
 *
 * @throws StoreError where the store cannot be opened, Error where keys or issuers do not fit.
 */
export async function compose(config: Config, overrides: Overrides = {}): Promise<Service> {
  const machineClock = overrides.clock ?? systemClock;
  const clock = correctedClock(machineClock);
  const ids = overrides.ids ?? systemIds;
  const log = overrides.log ?? jsonLogger({ level: 'info', now: () => clock.now() });
  const basics = { clock, ids, log };
  const store = await openStore(config.store, {
    ...basics, allowUntrusted: config.profile === 'local',
  });
  try {
    return await assemble(config, { ...basics, store, machineClock, overrides });
  } catch (error) {
    await store.close();
    throw error;
  }
}

interface Ground {
  readonly clock: ReturnType<typeof correctedClock>;
  readonly machineClock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
  readonly store: Store;
  readonly overrides: Overrides;
}

async function assemble(config: Config, ground: Ground): Promise<Service> {
  const { clock, machineClock, ids, log, store, overrides } = ground;
  const keys = await createKeys({ store, secret: config.signing.secret, clock });
  const allowLoopbackHttp = config.profile === 'local';
  const parts = { config, clock, log };
  const verifier = createVerifier(parts);
  const identity = createIdentity({ ...parts, verifier });
  const signIn = createSignIn({ ...parts, ids, store, verifier, secrets: storedSecrets(keys) });
  const outbound = createTeamsOutbound({
    clock, ids, log, config: config.teams, channels: config.channels, directory: store,
    credentials: createBotCredentials(parts), allowLoopbackHttp,
  });
  const cards = createCards({ publicUrl: config.server.publicUrl });
  const workflows = workflowList(config);
  const running: { relay?: Running } = {};
  const deps: Deps = {
    clock, ids, log, store, workflows,
    executors: createExecutors({ config, clock, log }),
    signals: createSignals(() => running.relay?.wake()),
    waitTokenMac: (text) => keys.mac('wait-tokens', text),
  };
  const app = createApp(deps);
  const teams = createTeams({
    clock, ids, log, config: config.teams, channels: config.channels, app, workflows, identity,
    signIn, cards,
    directory: store, outbound, allowLoopbackHttp, tokens: createChannelTokens(parts),
  });
  const http = createServer({
    config, app, identity, log, clock,
    activities: { messages: (input) => teams.receive(input) },
    pages: createWebPages({ config, signIn, log, clock }),
    jwks: async () => keys.publicJwks(),
    ready: () => readiness(store),
    gauges: async () => {
      const { waiting, dead } = await store.countJobs();
      return { countersign_jobs_waiting: waiting, countersign_jobs_dead: dead };
    },
  });
  const workers = () => [
    startRelay({
      store, clock, ids, log,
      ...(overrides.jobLeaseMs === undefined ? {} : { leaseMs: overrides.jobLeaseMs }),
      handle: (job) => runJob({ ...deps, notifier: outbound.notifier, cards }, job),
    }),
    createSealer({
      store, keys, clock, ids, log, origin: config.audit.origin, everyMs: config.audit.sealEveryMs,
    }),
    startSchedule({ store: timed(store, overrides), clock, machineClock, log }),
    startKeySchedule({ providers: verifier.providers, log }),
  ] as const;
  const setClock = () => correctClock({ store: timed(store, overrides), clock, machineClock, log });
  return lifecycle({ ...ground, keys, http, workers, running, setClock });
}

/** Starts and stops in order; twice does no harm. */
function lifecycle(given: Ground & {
  keys: Keys;
  http: ReturnType<typeof createServer>;
  workers: () => readonly [Running, ...Running[]];
  setClock: () => Promise<void>;
  running: { relay?: Running };
}): Service {
  const { store, http, running } = given;
  let working: readonly Running[] = [];
  let stopped: Promise<void> | undefined;
  const release = () => {
    if (working.length > 0 || stopped) return;
    working = given.workers();
    const [relay] = working;
    if (relay) running.relay = relay;
  };
  const stop = async () => {
    try {
      await http.stop();
      await Promise.all(working.map((worker) => worker.stop()));
    } finally {
      await store.close();
    }
  };
  return {
    store,
    keys: given.keys,
    release,
    async start() {
      try {
        // Ahead of the first token that is judged by it, and of the first purge.
        await given.setClock();
        const { url } = await http.start();
        if (given.overrides.workers !== 'held') release();
        return { url };
      } catch (error) {
        // What runs already (the store's thread) would keep the process alive.
        await (stopped ??= stop());
        throw error;
      }
    },
    stop: () => (stopped ??= stop()),
  };
}

/** The store as the schedule asks it for the time: a clock that was put in is nobody else's. */
function timed(store: Store, { clock }: Overrides): Pick<Store, 'now' | 'purge'> {
  if (clock === undefined) return store;
  return { now: () => Promise.resolve(clock.now()), purge: (...given) => store.purge(...given) };
}

function storedSecrets(keys: Keys): StoredSecrets {
  return {
    encrypt: (text) => keys.encrypt('stored-secrets', text),
    decrypt: (sealed) => keys.decrypt('stored-secrets', sealed),
  };
}

function workflowList(config: Config): Workflows {
  const byId = new Map(config.workflows.map((workflow) => [workflow.id, workflow]));
  return { get: (id) => byId.get(id), list: () => config.workflows };
}

async function readiness(
  store: Store,
): Promise<{ ok: boolean; checks: Readonly<Record<string, string>> }> {
  try {
    await store.check();
    return { ok: true, checks: { store: 'ok' } };
  } catch (error) {
    return { ok: false, checks: { store: error instanceof Error ? error.message : 'failed' } };
  }
}
