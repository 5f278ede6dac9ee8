import type { Config } from '../config/config.ts';
import { createKeys } from '../keys/keys.ts';
import { correctedClock, systemClock } from '../lib/clock.ts';
import type { Clock } from '../lib/clock.ts';
import { systemIds } from '../lib/ids.ts';
import type { Ids } from '../lib/ids.ts';
import type { Logger } from '../lib/logger.ts';
import { openStore } from '../store/open-store.ts';
import type { StoreTiming } from '../store/open-store.ts';
import { jsonLogger } from '../telemetry/json-logger.ts';
import { eventRecorder } from './event-recorder.ts';

/** What tests, the local profile and benchmarks replace. */
export interface Overrides {
  /** Replaces the database's clock as well, so nothing corrects it. */
  readonly clock?: Clock;
  readonly ids?: Ids;
  readonly log?: Logger;
  /** `held`: jobs are written, and run only after `release`. */
  readonly workers?: 'running' | 'held';
  /** How long a killed process keeps its jobs and its threads in Teams. */
  readonly jobLeaseMs?: number;
  /** How long the server of the store may take: for a slow one to test on. */
  readonly storeTiming?: StoreTiming;
}

/** What every area is made from. */
export type Foundation = Awaited<ReturnType<typeof layFoundation>>;

/**
 * Opens the store and reads the keys. Where a key cannot be read, the store is closed again.
 *
 * @throws StoreError where the store cannot be opened, KeysError where the keys do not fit.
 */
export async function layFoundation(config: Config, overrides: Overrides) {
  const machineClock = overrides.clock ?? systemClock;
  // Follows the database's clock, so that replicas agree.
  const clock = correctedClock(machineClock);
  const ids = overrides.ids ?? systemIds;
  const log = overrides.log ?? jsonLogger({ level: 'info', now: () => clock.now() });
  const store = await openStore(config.store, {
    clock,
    log,
    allowUntrusted: config.profile === 'local',
    ...(overrides.storeTiming ? { timing: overrides.storeTiming } : {}),
  });
  try {
    const keys = await createKeys({ store, secret: config.signing.secret, clock });
    const record = eventRecorder({ store, keys, ids });
    return { config, clock, machineClock, ids, log, store, keys, record, overrides };
  } catch (error) {
    await store.close();
    throw error;
  }
}
