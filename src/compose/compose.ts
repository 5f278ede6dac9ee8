import { createSealer } from '../audit/seal.ts';
import { createCards } from '../cards/cards.ts';
import type { Config } from '../config/config.ts';
import { createExecutors } from '../executors/registry.ts';
import { createServer } from '../http/server.ts';
import { createBotCredentials } from '../identity/bot-credentials.ts';
import { createChannelTokens } from '../identity/tokens/channel-tokens.ts';
import { createClaimsRefresher } from '../identity/claims-refresher.ts';
import { createDpopNonces } from '../identity/tokens/dpop-nonces.ts';
import { createDirectory } from '../directory/directory.ts';
import { heldBySession } from '../identity/sessions/held-by-session.ts';
import { createIdentity } from '../identity/identity.ts';
import type { SessionSecrets } from '../identity/sessions/session-tokens.ts';
import { createSessions } from '../identity/sessions/sessions.ts';
import type { SessionKeeper } from '../identity/sessions/sessions.ts';
import { startKeySchedule } from '../identity/issuer-keys/key-schedule.ts';
import { renewClaimsBy } from '../identity/renew-claims.ts';
import { createSignIn } from '../identity/sign-in/sign-in.ts';
import { createSignInFlow } from '../identity/sign-in/sign-in-flow.ts';
import { createVerifier } from '../identity/tokens/verify-token.ts';
import type { Verifier } from '../identity/tokens/verify-token.ts';
import { createKeys } from '../keys/keys.ts';
import type { Keys } from '../keys/keys.ts';
import { correctedClock, systemClock } from '../lib/clock.ts';
import type { Clock } from '../lib/clock.ts';
import { systemIds } from '../lib/ids.ts';
import type { Ids } from '../lib/ids.ts';
import { jsonLogger } from '../telemetry/json-logger.ts';
import type { Logger } from '../lib/logger.ts';
import type { Running } from '../lib/loop.ts';
import { openStore } from '../store/open-store.ts';
import type { StoreTiming } from '../store/open-store.ts';
import { textFor } from '../text/text.ts';
import type { Text } from '../text/text.ts';
import { createTeams, createTeamsOutbound } from '../teams/teams.ts';
import type { TeamsOutbound } from '../teams/teams.ts';
import { createApp } from '../usecases/app.ts';
import type { AppContext } from '../usecases/app-context.ts';
import { createOnceKeys } from '../usecases/once-keys.ts';
import { nobodyCanTell } from '../usecases/ports/claims-refresher.ts';
import type { ClaimsRefresher } from '../usecases/ports/claims-refresher.ts';
import type { Workflows } from '../usecases/ports/workflows.ts';
import { jobHandlers } from '../usecases/jobs/job-handlers.ts';
import { createSignals } from '../usecases/signals.ts';
import type { Store } from '../usecases/ports/store.ts';
import { createWebPages } from '../web/pages.ts';
import { startRelay } from '../workers/relay.ts';
import { correctClock, startSchedule } from '../workers/schedule.ts';
import { gauges, readiness } from './health.ts';

/** What tests, the local profile and benchmarks may put in the place of the real thing. */
export interface Overrides {
  /** Stands for the database's clock as well, which would correct it otherwise. */
  readonly clock?: Clock;
  readonly ids?: Ids;
  readonly log?: Logger;
  /** `held`: jobs are written, and delivered only after `release`. */
  readonly workers?: 'running' | 'held';
  /** How long a killed process keeps what it had in hand: its jobs, and threads in Teams. */
  readonly jobLeaseMs?: number;
  /** How long the server of the store may take: for one to test on that is slow by nature. */
  readonly storeTiming?: StoreTiming;
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
    ...basics,
    allowUntrusted: config.profile === 'local',
    ...(overrides.storeTiming ? { timing: overrides.storeTiming } : {}),
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
  const directory = createDirectory(parts);
  const verifier = createVerifier({ ...parts, directory });
  const identity = createIdentity({
    ...parts,
    verifier,
    once: createOnceKeys({ store, clock, ids }),
    ...(config.identity.dpopNonce === true
      ? { nonces: createDpopNonces((text) => keys.mac('dpop-nonces', text)) }
      : {}),
  });
  const secrets = storedSecrets(keys);
  const sessions = sessionsOf(config, { ...ground, verifier, secrets });
  const refresherOr = (otherwise: ClaimsRefresher) =>
    createClaimsRefresher({ config, providers: verifier.providers, directory, otherwise });
  const refresher = refresherOr(sessions ? heldBySession(sessions) : nobodyCanTell);
  const renewClaims =
    sessions && renewClaimsBy({ refresher: refresherOr(nobodyCanTell), clock, log });
  // Cards in channels and notices have many readers, or one whose language is not at hand.
  const text = textFor(null);
  const outbound = outboundOf(config, ground, text);
  const cards = createCards({ publicUrl: config.server.publicUrl });
  const workflows = workflowList(config);
  const running: { relay?: Running } = {};
  const deps: AppContext = {
    clock,
    ids,
    log,
    store,
    workflows,
    administration: config.administration,
    executors: createExecutors({ config, clock, log }),
    signals: createSignals(() => running.relay?.wake()),
    waitTokenMac: (text) => keys.mac('wait-tokens', text),
  };
  const app = createApp(deps);
  const signIn = createSignIn({
    ...parts,
    ids,
    store,
    verifier,
    secrets,
    ...(sessions ? { sessions } : {}),
    mismatch: ({ person, ...seen }) => app.recordMismatch({ sender: person, ...seen }),
  });
  const teams = createTeams({
    clock,
    ids,
    log,
    config: config.teams,
    channels: config.channels,
    app,
    workflows,
    identity,
    signIn,
    sessions,
    renewClaims,
    cards,
    textFor,
    directory: store,
    outbound,
    allowLoopbackHttp,
    tokens: createChannelTokens(parts),
  });
  const http = createServer({
    config,
    app,
    identity,
    log,
    clock,
    activities: { messages: (input) => teams.receive(input) },
    pages: createWebPages({ config, signIn, log, clock, textFor }),
    jwks: async () => keys.publicJwks(),
    ready: () => readiness(store),
    gauges: () => gauges(store, outbound),
  });
  const workers = () =>
    [
      startRelay({
        store,
        clock,
        ids,
        log,
        ...(overrides.jobLeaseMs === undefined ? {} : { leaseMs: overrides.jobLeaseMs }),
        handlers: jobHandlers({
          ...deps,
          notifier: outbound.notifier,
          cards: cards(text),
          refresher,
        }),
      }),
      createSealer({
        store,
        keys,
        clock,
        ids,
        log,
        origin: config.audit.origin,
        everyMs: config.audit.sealEveryMs,
      }),
      startSchedule({
        store: timed(store, overrides),
        clock,
        machineClock,
        log,
        chore: () => tidyKeys(keys, sessions),
      }),
      startKeySchedule({ providers: verifier.providers, log }),
    ] as const;
  const setClock = () => correctClock({ store: timed(store, overrides), clock, machineClock, log });
  return lifecycle({ ...ground, keys, outbound, http, workers, running, setClock });
}

/** The way out to Teams. */
function outboundOf(
  config: Config,
  { clock, ids, log, store, overrides }: Ground,
  text: Text,
): TeamsOutbound {
  return createTeamsOutbound({
    text,
    clock,
    ids,
    log,
    config: config.teams,
    channels: config.channels,
    directory: store,
    leases: store,
    ...(overrides.jobLeaseMs === undefined ? {} : { leaseMs: overrides.jobLeaseMs }),
    credentials: createBotCredentials({ config, clock }),
    allowLoopbackHttp: config.profile === 'local',
  });
}

/** Starts and stops in order; twice does no harm. */
function lifecycle(
  given: Ground & {
    keys: Keys;
    outbound: TeamsOutbound;
    http: ReturnType<typeof createServer>;
    workers: () => readonly [Running, ...Running[]];
    setClock: () => Promise<boolean>;
    running: { relay?: Running };
  },
): Service {
  const { store, http, outbound, running } = given;
  let posting: Running | undefined;
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
      await posting?.stop();
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
        posting = outbound.start();
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

const REENCRYPTED_AT_ONCE = 500;

/** Sessions, where they are configured: they begin at the sign-in button alone. */
function sessionsOf(
  config: Config,
  given: Ground & { verifier: Verifier; secrets: SessionSecrets },
): SessionKeeper | null {
  const { session } = config.identity;
  const flow = createSignInFlow({ config, clock: given.clock, verifier: given.verifier });
  return session && flow ? createSessions({ ...given, config, flow }, session) : null;
}

/** Learns of new keys, and encrypts anew what older ones encrypted. */
async function tidyKeys(keys: Keys, sessions: SessionKeeper | null): Promise<void> {
  await keys.refresh();
  await sessions?.reencrypt(REENCRYPTED_AT_ONCE);
}

function storedSecrets(keys: Keys): SessionSecrets {
  return {
    encryptionKey: () => keys.encryptionKey('stored-secrets'),
    encrypt: (text) => keys.encrypt('stored-secrets', text),
    decrypt: (encrypted) => keys.decrypt('stored-secrets', encrypted),
  };
}

function workflowList(config: Config): Workflows {
  const byId = new Map(config.workflows.map((workflow) => [workflow.id, workflow]));
  return { get: (id) => byId.get(id), list: () => config.workflows };
}
