import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../../../src/local/find.ts';
import type { Cluster } from './cluster.ts';
import type { PlannedFault } from './plan.ts';
import type { Draws } from './seeded.ts';

/** Injects the planned faults into the processes and their database connections. */
export interface FaultInjector {
  inject(fault: PlannedFault): Promise<void>;
  /** Kills replicas at random, one at a time, until `over`. */
  killOn(draw: Draws, over: () => boolean): Promise<void>;
  kills(): number;
}

const BACK_WITHIN_MS = 60_000;
const SLOW_MS = 120;

/** One fault at a time to a replica, one kill at a time to all. */
export function createFaultInjector({ replicas, line, world }: Cluster): FaultInjector {
  let last: Promise<void> = Promise.resolve();
  let kills = 0;
  /** One fault after the other: the next one waits until the last replica answers again. */
  const inTurn = (act: () => Promise<void>) => {
    const next = last.then(act);
    last = next;
    // The caller gets the failure; the next fault only waits.
    last = next.catch(() => undefined);
    return next;
  };
  const kill = (replica: number) =>
    inTurn(async () => {
      const one = replicas[replica % replicas.length];
      if (!one) return;
      one.process.kill();
      kills += 1;
      await one.process.gone();
      await one.process.start();
      await eventually(
        'an answer of the restarted replica',
        async () => {
          const response = await fetch(`${one.url}/readyz`).catch(() => undefined);
          await response?.arrayBuffer();
          return response?.status === 200;
        },
        BACK_WITHIN_MS,
      );
    });
  const pause = (replica: number, forMs: number) =>
    inTurn(async () => {
      const one = replicas[replica % replicas.length];
      one?.process.pause();
      await sleep(forMs);
      one?.process.resume();
    });
  const breakLine = (mode: 'reset' | 'swallow' | 'deaf' | 'slow', forMs: number) =>
    inTurn(async () => {
      if (mode === 'reset') line?.reset();
      else if (mode === 'slow') line?.delay(SLOW_MS);
      else line?.become(mode);
      await sleep(forMs);
      line?.delay(0);
      line?.become('pass');
      // Swallowed bytes never arrive, so the connections that lost them are useless.
      if (mode === 'swallow' || mode === 'deaf') line?.reset();
    });
  return {
    kills: () => kills,
    async inject(fault) {
      await sleep(fault.afterMs);
      switch (fault.kind) {
        case 'kill':
          return kill(fault.replica);
        case 'pause':
          return pause(fault.replica, fault.forMs);
        case 'line':
          return breakLine(fault.mode, fault.forMs);
        case 'teams':
          return world.connector.fail(fault.fault);
        case 'target':
          return world.target.failNext(1, fault.status);
      }
    },
    async killOn(draw, over) {
      while (!over()) {
        await sleep(draw.whole(150));
        await kill(draw.whole(replicas.length));
      }
    },
  };
}
