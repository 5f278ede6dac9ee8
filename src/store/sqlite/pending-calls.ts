import { setImmediate } from 'node:timers';
import { describeError } from '../../lib/logger.ts';
import type { Logger } from '../../lib/logger.ts';
import type { StoreError } from '../errors.ts';
import { fromWire } from './errors.ts';
import type { Answer } from './group.ts';

/** Who waits for the answer to a call. */
export interface Waiting {
  resolve(value: unknown): void;
  reject(error: StoreError): void;
  /** Told the answer while the disk is waited for, if it is a value. */
  readonly foreseen: ((value: unknown) => void) | undefined;
}

/** Calls that the thread has, or will have: it answers them in their order. */
export interface PendingCalls {
  /** How many are not answered yet. */
  readonly size: number;
  add(call: Waiting): void;
  /** Takes back the last ones. */
  drop(count: number): readonly Waiting[];
  /** The oldest calls will be answered so, unless the commit fails that is under way. */
  expect(answers: readonly Answer[]): void;
  /** Answers the oldest calls; without answers, with those that were expected. */
  settle(answers?: readonly Answer[]): void;
  /** Nobody will answer any of them. */
  abandon(reason: StoreError): void;
}

/** A card takes some 30 µs, a turn of the event loop up to ten. */
const FORESEEN_A_TURN = 4;

/** An empty list of calls. */
export function createPendingCalls(log: Logger): PendingCalls {
  let waiting: Waiting[] = [];
  let answered = 0;
  let expected: readonly Answer[] = [];

  /** A few calls in each turn of the event loop: the commit's end is not to wait for all. */
  function foresee(answers: readonly Answer[], from: number): void {
    if (answers !== expected) return;
    const to = Math.min(from + FORESEEN_A_TURN, answers.length);
    for (let at = from; at < to; at += 1) tell(waiting[answered + at], answers[at]);
    if (to < answers.length) setImmediate(foresee, answers, to);
  }

  function tell(call: Waiting | undefined, answer: Answer | undefined): void {
    if (!call?.foreseen || !answer || 'failed' in answer) return;
    try {
      call.foreseen(answer.value);
    } catch (error) {
      // It fails again where it is wanted, and somebody hears of it there.
      log.warn('nothing was made ready for an answer', { error: describeError(error) });
    }
  }

  return {
    get size() {
      return waiting.length - answered;
    },
    add(call) {
      waiting.push(call);
    },
    drop: (count) => waiting.splice(waiting.length - count),
    expect(answers) {
      expected = answers;
      setImmediate(foresee, answers, 0);
    },
    settle(answers = expected) {
      expected = [];
      for (const answer of answers) {
        const call = waiting[answered];
        answered += 1;
        // Each in a moment of its own: what waits for it goes on to its end before the next one's
        // begins. Settled together they would take their steps in turn, and all answer last.
        if (call) setImmediate(conclude, call, answer);
      }
      if (answered < 1_024 && answered < waiting.length) return;
      waiting = waiting.slice(answered);
      answered = 0;
    },
    abandon(reason) {
      const abandoned = waiting.slice(answered);
      [waiting, answered, expected] = [[], 0, []];
      for (const call of abandoned) call.reject(reason);
    },
  };
}

function conclude(call: Waiting, answer: Answer): void {
  if ('failed' in answer) call.reject(fromWire(answer.failed));
  else call.resolve(answer.value);
}
