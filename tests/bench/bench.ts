import type { Result } from './contest.ts';

/** Options of a benchmark from the command line. */
export interface BenchOptions {
  /** Folder for CPU profiles of the service's main thread; absent: no profile. */
  readonly profile?: string;
  /** The number of requests of a big store, or of the warm-up of `decide`. */
  readonly requests?: number;
  /** The folder that keeps big stores between runs; absent: creates and removes them. */
  readonly folder?: string;
}

/** A benchmark. */
export interface Bench {
  readonly name: string;
  /** The goal, in words. */
  readonly goal: string;
  /** Takes long, so it runs only when named. */
  readonly onlyNamed?: boolean;
  /** Whether a result reaches the goal. */
  holds(result: Result): boolean;
  run(options: BenchOptions): Promise<Result>;
}
