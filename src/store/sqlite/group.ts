import { isOfOneChange, toWire } from './errors.ts';
import type { WireError } from './errors.ts';
import { OPERATIONS, leavesNothing } from './operations.ts';
import type { OperationName } from './operations.ts';
import { retryTransient } from './retry.ts';
import type { Session } from './session.ts';

/** One operation to be run: its name and its input. */
export type Call = readonly [name: OperationName, input: unknown];

/** What became of a call. */
export type Answer = { readonly value: unknown } | { readonly failed: WireError };

/**
 * Runs calls in their order inside one transaction, each in a savepoint, and commits them together:
 * one wait for the disk answers them all. A call that breaks a rule of the schema fails alone. If
 * anything else fails, or the commit itself, all of them fail and nothing of them is written.
 */
export function runGroup(
  session: Session,
  calls: readonly Call[],
  options: { maxWaitMs: number },
): readonly Answer[] {
  try {
    retryTransient(options.maxWaitMs, () => session.run('BEGIN IMMEDIATE'));
    const answers = calls.map((call) => runCall(session, call));
    session.run('COMMIT');
    return answers;
  } catch (error) {
    const failed = toWire(error);
    // Some faults (a full disk, for one) make SQLite roll back by itself.
    if (session.database.isTransaction) session.run('ROLLBACK');
    return calls.map(() => ({ failed }));
  }
}

function runCall(session: Session, [name, input]: Call): Answer {
  const operation = OPERATIONS[name] as (session: Session, input: unknown) => unknown;
  session.run('SAVEPOINT call');
  try {
    const value = operation(session, input);
    if (leavesNothing(value)) session.run('ROLLBACK TO call');
    session.run('RELEASE call');
    return { value };
  } catch (error) {
    // Without its transaction the neighbours' rows are gone: the whole group has to fail.
    if (!isOfOneChange(error) || !session.database.isTransaction) throw error;
    session.run('ROLLBACK TO call');
    session.run('RELEASE call');
    return { failed: toWire(error) };
  }
}
