/** Wakes waiters for requests and jobs after a commit in this process. */
export interface Signals {
  /** A commit changed this request. */
  changed(requestId: string): void;
  /** A commit left jobs that are due. */
  jobsWaiting(): void;
  /** Resolves at the next change of the request in this process, or after `ms`. */
  nextChange(requestId: string, ms: number, signal?: AbortSignal): Promise<void>;
}
