/** What the bot called, and the faults that a test wants it to meet. */
import type { Fault, RestCall } from './types.ts';

const CALLS_KEPT = 2_000;

/** A call under way; `settle` writes down what was answered. */
export interface OpenCall {
  settle(status: number): void;
}

/** Remembers calls and hands out faults. */
export class CallLog {
  #calls: RestCall[] = [];
  #faults: { fault: Fault; left: number }[] = [];

  all(): readonly RestCall[] {
    return [...this.#calls];
  }

  open(call: Omit<RestCall, 'status'>): OpenCall {
    const entry = { ...call, status: 0 };
    this.#calls.push(entry);
    if (this.#calls.length > CALLS_KEPT) this.#calls.shift();
    return {
      settle: (status) => {
        entry.status = status;
      },
    };
  }

  plan(fault: Fault): void {
    this.#faults.push({ fault, left: fault.times ?? 1 });
  }

  /** The first planned fault that this call meets; each one is used up. */
  next(method: string, path: string): Fault | undefined {
    const hit = this.#faults.find(
      ({ fault }) =>
        (fault.method === undefined || fault.method === method) &&
        (fault.path === undefined || fault.path.test(path)),
    );
    if (hit === undefined) return undefined;
    hit.left -= 1;
    if (hit.left <= 0) this.#faults = this.#faults.filter((one) => one !== hit);
    return hit.fault;
  }
}
