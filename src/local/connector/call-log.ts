/** The calls of the bot, and the faults that a test plans. */
import type { Fault, RestCall } from './types.ts';

const CALLS_KEPT = 2_000;

/** Records calls and gives the planned faults. */
export class CallLog {
  #calls: RestCall[] = [];
  #faults: { fault: Fault; left: number }[] = [];

  all(): readonly RestCall[] {
    return [...this.#calls];
  }

  /** Records a call in progress; gives the function that records the status of its answer. */
  open(call: Omit<RestCall, 'status'>): (status: number) => void {
    const entry = { ...call, status: 0 };
    this.#calls.push(entry);
    if (this.#calls.length > CALLS_KEPT) this.#calls.shift();
    return (status) => {
      entry.status = status;
    };
  }

  plan(fault: Fault): void {
    this.#faults.push({ fault, left: fault.times ?? 1 });
  }

  /** The first planned fault that matches this call; each fault is used once. */
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
