import type { Result } from './contest.ts';

/** What the command line asks of a benchmark. */
export interface BenchOptions {
  /** Folder for CPU profiles of the service's main thread; absent: no profile. */
  readonly profile?: string;
  /** How many requests a big store holds, or `decide` warms up with. */
  readonly requests?: number;
  /** Where big stores are made, found again and left; absent: made anew and removed. */
  readonly folder?: string;
}

/** One benchmark. */
export interface Bench {
  readonly name: string;
  /** What the project promises, in words. */
  readonly goal: string;
  /** Takes long, so it runs only where it is asked for by name. */
  readonly onlyNamed?: boolean;
  /** Whether a result keeps the promise. */
  holds(result: Result): boolean;
  run(options: BenchOptions): Promise<Result>;
}
