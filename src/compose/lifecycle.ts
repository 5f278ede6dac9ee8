import type { HttpServer } from '../http/server.ts';
import type { Keys } from '../keys/keys.ts';
import type { Running } from '../lib/loop.ts';
import type { TeamsOutbound } from '../teams/teams.ts';
import type { Store } from '../usecases/ports/store.ts';
import type { Foundation } from './foundation.ts';
import { setClock } from './workers.ts';

/** The whole service, made and not yet started. */
export interface Service {
  readonly store: Store;
  readonly keys: Keys;
  /**
   * Listens and starts the workers; gives the address on this machine. Where that fails, everything
   * is stopped again and the error (a taken port, a store that is gone) is thrown.
   */
  start(): Promise<{ url: string }>;
  /** Starts held workers. */
  release(): void;
  /** Stops what runs, in order: ingress, workers, store. */
  stop(): Promise<void>;
}

/** Starts and stops in order; twice does no harm. */
export function lifecycle(
  foundation: Foundation,
  given: {
    readonly outbound: TeamsOutbound;
    readonly http: HttpServer;
    /** Throws where the audit log is not the one that its witness knows. */
    readonly checkLog: () => Promise<void> | undefined;
    readonly startWorkers: () => readonly Running[];
  },
): Service {
  const { store, keys, overrides } = foundation;
  const { http, outbound } = given;
  let posting: Running | undefined;
  let working: readonly Running[] = [];
  let stopped: Promise<void> | undefined;
  const release = () => {
    if (working.length === 0 && !stopped) working = given.startWorkers();
  };
  const stop = async () => {
    try {
      await http.stop();
      await Promise.all(working.map((worker) => worker.stop()));
      await posting?.stop();
    } finally {
      await store.close();
    }
  };
  return {
    store,
    keys,
    release,
    async start() {
      try {
        await setClock(foundation);
        await given.checkLog();
        posting = outbound.start();
        const { url } = await http.start();
        if (overrides.workers !== 'held') release();
        return { url };
      } catch (error) {
        // What runs already (the store's thread) would keep the process alive.
        await (stopped ??= stop());
        throw error;
      }
    },
    stop: () => (stopped ??= stop()),
  };
}
