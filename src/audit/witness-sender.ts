import type { Clock } from '../lib/clock.ts';
import type { Ids } from '../lib/ids.ts';
import type { Logger } from '../lib/logger.ts';
import { startLoop } from '../lib/loop.ts';
import type { Running } from '../lib/loop.ts';
import type { AuditStore } from '../usecases/ports/audit-store.ts';
import type { LeaseStore } from '../usecases/ports/lease-store.ts';
import { askWitness, WitnessDiffers, witnessDiffers } from './check-witness.ts';
import type { WitnessedLog } from './check-witness.ts';

const LEASE = 'audit-witness';
const MIN_LEASE_MS = 60_000;
const AT_ONCE = 100;

export interface WitnessSenderOptions extends WitnessedLog {
  readonly store: WitnessedLog['store'] &
    Pick<AuditStore, 'lastCheckpoint'> &
    Pick<LeaseStore, 'takeLease' | 'releaseLease'>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
  readonly everyMs: number;
}

/** Appends each checkpoint to the witness after its commit. */
export interface WitnessSender {
  /**
   * Compares the log with the witness before anything starts. An unreachable witness is logged and
   * asked again: it must not keep the service from starting.
   *
   * @throws WitnessDiffers where the log is shorter or another one.
   */
  checkStart(): Promise<void>;
  start(): Running;
  /** `failing`: whether the last try failed. `behind`: leaves that the witness does not know yet. */
  state(): { readonly failing: boolean; readonly behind: number };
}

/**
 * Creates the sender. One replica appends, under a lease; sealing never waits for it. Nothing is
 * appended while the log differs from its witness.
 */
export function createWitnessSender(options: WitnessSenderOptions): WitnessSender {
  const { store, witness, log, clock, ids, everyMs } = options;
  const holder = ids.next('witness', clock.now());
  const leaseMs = Math.max(MIN_LEASE_MS, everyMs * 3);
  let failing = false;
  let behind = 0;
  /** Leaves that the witness knows; undefined until it was asked under the lease. */
  let sent: number | undefined;
  let held = false;
  const letGo = async () => {
    if (held) await store.releaseLease({ name: LEASE, holder, now: clock.now() });
    held = false;
    sent = undefined;
  };
  const turn = async () => {
    const last = await store.lastCheckpoint();
    if (last === undefined || last.size === sent) return everyMs;
    const taken = await store.takeLease({ name: LEASE, holder, leaseMs, now: clock.now() });
    held = taken !== undefined;
    if (taken?.before.holder !== holder) sent = undefined;
    if (taken === undefined) {
      failing = false;
      behind = 0;
      return everyMs;
    }
    const known = sent ?? (await knownTo(options)) ?? last.size - 1;
    sent = known;
    behind = last.size - known;
    const page = await store.listCheckpoints({ from: known + 1, limit: AT_ONCE });
    for (const { size, jws } of page) {
      await witness.append(jws);
      sent = size;
      behind = Math.max(0, last.size - size);
    }
    failing = false;
    return page.length < AT_ONCE ? everyMs : 0;
  };
  const failed = (message: string, error: unknown) => {
    failing = true;
    log.error(message, { error, witness: witness.name, behind });
  };
  return {
    state: () => ({ failing, behind }),
    async checkStart() {
      try {
        await knownTo(options);
      } catch (error) {
        if (error instanceof WitnessDiffers) throw error;
        failed('the witness of the audit log was not read', error);
      }
    },
    start: () => runLoop({ turn, letGo, failed, log, everyMs }),
  };
}

function runLoop(given: {
  turn: () => Promise<number>;
  letGo: () => Promise<void>;
  failed: (message: string, error: unknown) => void;
  log: Logger;
  everyMs: number;
}): Running {
  const loop = startLoop({
    turn: given.turn,
    failed: (error) =>
      given.failed('a checkpoint was not appended to the witness of the audit log', error),
    failureRestMs: Math.max(given.everyMs * 3, 1_000),
  });
  const stop = async () => {
    await loop.stop();
    await given.letGo().catch((error: unknown) => {
      const message = 'the lease of the witness was not released; it runs out by itself';
      given.log.warn(message, { error });
    });
  };
  return { wake: loop.wake, stop };
}

/** How many leaves the witness knows; undefined before the first checkpoint. */
async function knownTo(options: WitnessSenderOptions): Promise<number | undefined> {
  const { longest, unverified, differs } = await askWitness(options);
  if (unverified > 0) {
    const fields = { lines: unverified, witness: options.witness.name };
    options.log.warn('lines of the witness are no checkpoints of this log', fields);
  }
  if (differs !== null) throw witnessDiffers(differs);
  return longest?.size;
}
