import type { Basics } from '../../usecases/ports/basics.ts';
import type { LeaseStore } from '../../usecases/ports/lease-store.ts';
import {
  THREAD_WINDOWS,
  decodeRecord,
  encodeRecord,
  nextCallAt,
  withAnswered,
} from './call-windows.ts';
import type { ThreadRecord } from './call-windows.ts';
import type { TenantTurns } from './tenant-turns.ts';

/** A call that waits for its turn. */
export interface WaitingCall {
  /** The lowest value goes first; for equal values the earlier due time. */
  readonly priority: number;
  readonly dueAt: number;
  /** The end of its wait (ms). */
  readonly giveUpAt: number;
  /** Makes the call; never rejects. `made` false: it was not made. */
  run(): Promise<{ readonly made: boolean; readonly restUntil: number }>;
  /** Ends the wait without a call, with the time of a retry (ms). */
  refuse(retryAt: number): void;
}

export interface ThreadQueueOptions extends Pick<Basics, 'clock' | 'log'> {
  /** Name of the thread's lease. */
  readonly name: string;
  /** A new holder name for each acquisition of the lease. */
  readonly newHolder: () => string;
  readonly leases: Pick<LeaseStore, 'takeLease' | 'releaseLease'>;
  /** The time until another process may post to the thread of a killed one. */
  readonly leaseMs: number;
  readonly tenant: TenantTurns;
  /** Resolves after `ms`, or when `signal` aborts. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Called when no call waits or is pending. */
  readonly idle: () => void;
}

/** The maximum number of calls that wait here for a thread; other jobs wait in the store. */
const MAX_WAITING = 64;
/** Half of the minimum time for that many calls, at 8 in 2 s: no retry comes too late. */
const FULL_REST_MS = (MAX_WAITING * 250) / 2;
/** The maximum number of calls not yet stored: the limit of one second. */
const MAX_UNWRITTEN = 7;
const BUSY_REST_MS = 100;
const FAILURE_REST_MS = 1_000;
const MAX_PAUSE_MS = 60_000;

/**
 * The queue of calls to one thread (a channel with its reply chains, or a chat). A lease on the
 * thread lets one replica at a time post there. It is held during calls, and its row passes the
 * calls of the last hour to the next holder. If a process dies with the lease, the next holder
 * assumes `MAX_UNWRITTEN` calls at the lease's end.
 */
export class ThreadQueue {
  readonly #options: ThreadQueueOptions;
  readonly #waiting: WaitingCall[] = [];
  #record: ThreadRecord = { answered: [], restUntil: 0 };
  #underWay = 0;
  #lease: { holder: string; until: number; unwritten: number } | undefined;
  /** No try before this time: another replica has the lease, or the store failed. */
  #busyUntil = 0;
  #running: Promise<void> | undefined;
  #woken = false;
  #nap: AbortController | undefined;

  constructor(options: ThreadQueueOptions) {
    this.#options = options;
  }

  /** Adds a call by its order; rejects the last one of a full queue. */
  push(call: WaitingCall): void {
    const before = this.#waiting.findLastIndex((one) => !goesFirst(call, one));
    this.#waiting.splice(before + 1, 0, call);
    if (this.#waiting.length > MAX_WAITING) {
      this.#waiting.pop()?.refuse(this.#options.clock.now() + FULL_REST_MS);
    }
    this.wake();
    this.#running ??= this.#run();
  }

  /** Resolves when no call waits or is pending and the lease is released. */
  async settled(): Promise<void> {
    await this.#running;
  }

  /** Removes a waiting call; returns whether it was there. */
  remove(call: WaitingCall): boolean {
    const index = this.#waiting.indexOf(call);
    if (index >= 0) this.#waiting.splice(index, 1);
    return index >= 0;
  }

  /** Checks again which calls may be made. */
  wake(): void {
    this.#woken = true;
    this.#nap?.abort();
  }

  async #run(): Promise<void> {
    const { clock, log, idle } = this.#options;
    while (this.#waiting.length > 0 || this.#underWay > 0 || this.#lease !== undefined) {
      this.#woken = false;
      try {
        this.#refuseLate();
        if (this.#nextAt() <= clock.now() && (await this.#makeCalls())) continue;
        await this.#keepLease();
      } catch (error) {
        log.warn("a thread's lease could not be read or written", { error });
        this.#busyUntil = clock.now() + FAILURE_REST_MS;
        this.#lease = undefined;
      }
      await this.#pause();
    }
    this.#running = undefined;
    idle();
  }

  /** The time of the next call by the local state; Infinity: not before `wake`. */
  #nextAt(): number {
    if (this.#waiting.length === 0) return Infinity;
    return Math.max(this.#openAt(), this.#options.tenant.nextAt());
  }

  /** The time of the thread's next call, without the tenant's limit. */
  #openAt(): number {
    const { answered, restUntil } = this.#record;
    const free = nextCallAt(THREAD_WINDOWS, { answered, underWay: this.#underWay });
    return Math.max(this.#busyUntil, restUntil, free);
  }

  /** Rejects calls whose turn does not come in time. */
  #refuseLate(): void {
    const now = this.#options.clock.now();
    const openAt = this.#openAt();
    const soonest = Number.isFinite(openAt) ? Math.max(now, openAt) : now;
    for (const call of this.#waiting.filter(({ giveUpAt }) => giveUpAt <= soonest)) {
      this.remove(call);
      call.refuse(soonest);
    }
  }

  /** Makes all calls that are allowed now; returns whether there was one. */
  async #makeCalls(): Promise<boolean> {
    const { clock, tenant } = this.#options;
    // The tenant's window first: without room in it the lease is useless.
    if (!tenant.take()) return false;
    let taken = false;
    try {
      taken = await this.#takeLease();
    } finally {
      if (!taken) tenant.end(false);
    }
    let made = 0;
    while (taken) {
      const mayCall = this.#openAt() <= clock.now() && this.#unwritten() < MAX_UNWRITTEN;
      const call = mayCall ? this.#waiting.shift() : undefined;
      if (call === undefined) {
        tenant.end(false);
        break;
      }
      this.#begin(call);
      made += 1;
      taken = tenant.take();
    }
    return made > 0;
  }

  #begin(call: WaitingCall): void {
    const { clock, tenant } = this.#options;
    this.#underWay += 1;
    if (this.#lease) this.#lease.unwritten += 1;
    void call.run().then(({ made, restUntil }) => {
      const now = clock.now();
      this.#underWay -= 1;
      tenant.end(made);
      const { answered } = this.#record;
      this.#record = {
        answered: made ? withAnswered(answered, [now, 1], now) : answered,
        restUntil: Math.max(restUntil, this.#record.restUntil),
      };
      this.wake();
    });
  }

  #unwritten(): number {
    return this.#lease?.unwritten ?? MAX_UNWRITTEN;
  }

  /** Takes the lease, or extends it and stores the calls made under it. */
  async #takeLease(): Promise<boolean> {
    const { name, newHolder, leases, leaseMs, clock } = this.#options;
    const now = clock.now();
    const held = this.#lease;
    if (held && this.#unwritten() < MAX_UNWRITTEN && held.until - now > leaseMs / 2) return true;
    const until = now + leaseMs;
    const holder = held?.holder ?? newHolder();
    const note = held === undefined ? null : encodeRecord(this.#recordWithOpen(until));
    const taken = await leases.takeLease({ name, holder, leaseMs, now, note });
    this.#lease = taken && { holder, until, unwritten: 0 };
    if (taken === undefined) this.#busyUntil = clock.now() + BUSY_REST_MS;
    else if (held === undefined) this.#record = recordAfter(taken.before, clock.now());
    return taken !== undefined;
  }

  /** The known calls; pending ones count as answered at `until`. */
  #recordWithOpen(until: number): ThreadRecord {
    if (this.#underWay === 0) return this.#record;
    const now = this.#options.clock.now();
    const answered = withAnswered(this.#record.answered, [until, this.#underWay], now);
    return { ...this.#record, answered };
  }

  /** Extends the lease during pending calls; releases it after them. */
  async #keepLease(): Promise<void> {
    const { name, leases, leaseMs, clock } = this.#options;
    const held = this.#lease;
    if (held === undefined) return;
    const now = clock.now();
    if (this.#underWay === 0) {
      const note = encodeRecord(this.#record);
      await leases.releaseLease({ name, holder: held.holder, now, note });
      this.#lease = undefined;
    } else if (held.until - now <= leaseMs / 2) await this.#takeLease();
  }

  /** Waits until a call may be due, or `wake` is called. */
  async #pause(): Promise<void> {
    if (this.#woken) return;
    const { pause, clock, leaseMs } = this.#options;
    const renewAt = this.#lease ? this.#lease.until - leaseMs / 2 : Infinity;
    const giveUpAt = Math.min(...this.#waiting.map((call) => call.giveUpAt));
    const ms = Math.min(this.#nextAt(), renewAt, giveUpAt) - clock.now();
    this.#nap = new AbortController();
    await pause(Math.min(Math.max(ms, 1), MAX_PAUSE_MS), this.#nap.signal);
  }
}

function goesFirst(one: WaitingCall, other: WaitingCall): boolean {
  return (
    one.priority < other.priority || (one.priority === other.priority && one.dueAt < other.dueAt)
  );
}

/** The record of the last holder. An unreleased lease ends with assumed calls. */
function recordAfter(
  before: { readonly holder: string | null; readonly until: number; readonly note: string | null },
  now: number,
): ThreadRecord {
  const record = decodeRecord(before.note);
  if (before.holder === null) return record;
  const answered = withAnswered(record.answered, [before.until, MAX_UNWRITTEN], now);
  return { ...record, answered };
}
