import { createSealer } from '../audit/seal.ts';
import { startKeySchedule } from '../identity/issuer-keys/key-schedule.ts';
import type { SessionKeeper } from '../identity/sessions/sessions.ts';
import type { Keys } from '../keys/keys.ts';
import type { Running } from '../lib/loop.ts';
import type { JobDeps } from '../usecases/app-context.ts';
import { jobHandlers } from '../usecases/jobs/job-handlers.ts';
import { startRelay } from '../workers/relay.ts';
import { correctClock, startSchedule } from '../workers/schedule.ts';
import type { Foundation } from './foundation.ts';
import type { IdentityArea } from './identity.ts';

const REENCRYPTED_AT_ONCE = 500;

/** Starts what runs beside the requests; the relay of jobs comes first. */
export function startWorkers(
  foundation: Foundation,
  given: Pick<IdentityArea, 'verifier' | 'sessions'> & { readonly jobs: JobDeps },
): readonly [relay: Running, ...others: Running[]] {
  const { config, clock, machineClock, ids, log, store, keys, overrides } = foundation;
  return [
    startRelay({
      store,
      clock,
      ids,
      log,
      ...(overrides.jobLeaseMs === undefined ? {} : { leaseMs: overrides.jobLeaseMs }),
      handlers: jobHandlers(given.jobs),
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
      store: timeSource(foundation),
      clock,
      machineClock,
      log,
      chore: () => tidyKeys(keys, given.sessions),
    }),
    startKeySchedule({ providers: given.verifier.providers, log }),
  ];
}

/** Sets the clock by the database's; before the first token is checked and before a purge. */
export function setClock(foundation: Foundation): Promise<boolean> {
  return correctClock({ ...foundation, store: timeSource(foundation) });
}

/** The store as the source of time; with an injected clock (tests) that clock. */
function timeSource({ store, overrides: { clock } }: Foundation) {
  if (clock === undefined) return store;
  return {
    now: () => Promise.resolve(clock.now()),
    purge: (...given: Parameters<typeof store.purge>) => store.purge(...given),
  };
}

/** Reads new keys, and encrypts again what older ones encrypted. */
async function tidyKeys(keys: Keys, sessions: SessionKeeper | null): Promise<void> {
  await keys.refresh();
  await sessions?.reencrypt(REENCRYPTED_AT_ONCE);
}
