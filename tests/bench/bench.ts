import type { Result } from './contest.ts';

/** What the command line asks of a benchmark. */
export interface BenchOptions {
  /** Folder for CPU profiles of the service's main thread; absent: no profile. */
  readonly profile?: string;
}

/** One benchmark. */
export interface Bench {
  readonly name: string;
  /** What the project promises, in words. */
  readonly goal: string;
  /** Whether a result keeps the promise. */
  holds(result: Result): boolean;
  run(options: BenchOptions): Promise<Result>;
}
