import { emptyLog } from './erase.ts';
import { affectsOneChange, toWire } from './errors.ts';
import type { WireError } from './errors.ts';
import { OPERATIONS, mustRollBack } from './operations.ts';
import type { OperationName } from './operations.ts';
import { retryTransient } from './retry.ts';
import type { Connection } from './connection.ts';

/** An operation with its input. */
export type Call = readonly [name: OperationName, input: unknown];

/** The result of a call. */
export type Answer = { readonly value: unknown } | { readonly failed: WireError };

/**
 * Group commit: runs calls in order in one transaction, each in a savepoint, so that one fsync serves
 * them all. A call that violates a constraint fails alone. On any other error all calls fail, and
 * nothing is written.
 */
export function runGroup(
  connection: Connection,
  calls: readonly Call[],
  options: { maxWaitMs: number },
): readonly Answer[] {
  try {
    retryTransient(options.maxWaitMs, () => connection.run('BEGIN IMMEDIATE'));
    const answers = calls.map((call) => runCall(connection, call));
    connection.run('COMMIT');
    return emptiedAfter(connection, calls, answers);
  } catch (error) {
    const failed = toWire(error);
    // After some errors, such as a full disk, SQLite has rolled back already.
    if (connection.database.isTransaction) connection.run('ROLLBACK');
    return calls.map(() => ({ failed }));
  }
}

/** All writes wait meanwhile: an erasure that fails is sent again. */
const EMPTY_WITHIN_MS = 1_000;

/** The answers; an erasure has failed as long as the log holds what it overwrote. */
function emptiedAfter(
  connection: Connection,
  calls: readonly Call[],
  answers: readonly Answer[],
): readonly Answer[] {
  if (!calls.some(([name]) => name === 'erase')) return answers;
  try {
    retryTransient(EMPTY_WITHIN_MS, () => emptyLog(connection));
    return answers;
  } catch (error) {
    const failed = toWire(error);
    return answers.map((answer, at) => (calls[at]?.[0] === 'erase' ? { failed } : answer));
  }
}

function runCall(connection: Connection, [name, input]: Call): Answer {
  const operation = OPERATIONS[name] as (connection: Connection, input: unknown) => unknown;
  connection.run('SAVEPOINT call');
  try {
    const value = operation(connection, input);
    if (mustRollBack(value)) connection.run('ROLLBACK TO call');
    connection.run('RELEASE call');
    return { value };
  } catch (error) {
    // If SQLite has rolled back the transaction, the whole group must fail.
    if (!affectsOneChange(error) || !connection.database.isTransaction) throw error;
    connection.run('ROLLBACK TO call');
    connection.run('RELEASE call');
    return { failed: toWire(error) };
  }
}
