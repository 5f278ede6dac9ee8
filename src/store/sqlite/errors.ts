import { StoreError } from '../../usecases/ports/store-error.ts';
import type { StoreErrorCode } from '../../usecases/ports/store-error.ts';

/** An error as plain data for postMessage, whose structured clone drops fields of an Error. */
export interface WireError {
  readonly code: StoreErrorCode;
  readonly message: string;
  /** The report of SQLite or the runtime; null if there is none. */
  readonly detail: string | null;
}

interface Meaning {
  readonly code: StoreErrorCode;
  readonly message: string;
}

const BUSY: Meaning = {
  code: 'store_busy',
  message:
    'Another process holds the database for too long: try again shortly, and look for ' +
    'a program that keeps a transaction open on the file.',
};
const CORRUPT: Meaning = {
  code: 'store_corrupt',
  message:
    'The database file is damaged or not a SQLite database: stop the service, keep a copy ' +
    'of the file, and restore the last backup.',
};
const REJECTED: Meaning = {
  code: 'store_rejected',
  message:
    'The change violates a constraint of the schema, which is a bug in Countersign: ' +
    'nothing was written, and a retry does not help.',
};

const UNKNOWN = unavailable('SQLite reported an unknown error: see the cause.');

/** Primary result codes of SQLite (sqlite.org/rescode.html), with a message for the operator. */
const BY_RESULT_CODE: Readonly<Record<number, Meaning>> = {
  3: unavailable("SQLite may not open the database file: grant the service's user access."),
  5: BUSY,
  6: BUSY,
  7: unavailable('SQLite ran out of memory: give the service more, or reduce the load.'),
  8: {
    code: 'store_readonly',
    message:
      'The database cannot be written: make the file, its directory and their disk ' +
      "writable for the service's user.",
  },
  10: unavailable(
    'Reading or writing the database file failed: check the disk, its free space, and the quotas ' +
      "and limits of the service's user.",
  ),
  11: CORRUPT,
  13: {
    code: 'store_full',
    message: 'The disk of the database is full: free space. Nothing of the change was written.',
  },
  14: unavailable(
    'The database file cannot be opened: check that its directory exists and that the ' +
      "service's user may read and write in it.",
  ),
  18: REJECTED,
  19: REJECTED,
  20: REJECTED,
  23: unavailable("SQLite may not use the database file: grant the service's user access."),
  26: CORRUPT,
};

function unavailable(message: string): Meaning {
  return { code: 'store_unavailable', message };
}

/** Converts any thrown value to a StoreError. */
export function toStoreError(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const result = resultCode(error);
  // Without a result code: node:sqlite could not bind a value.
  const { code, message } = result === undefined ? REJECTED : (BY_RESULT_CODE[result] ?? UNKNOWN);
  return new StoreError(code, message, { cause: error });
}

/** The error of every call after `close`. */
export function storeClosed(): StoreError {
  return new StoreError('store_closed', 'The store is closed: the service is stopping.');
}

/** Whether an error affects one change only, so that the rest of its group can be committed. */
export function affectsOneChange(error: unknown): boolean {
  return ['store_rejected', 'person_key_changed'].includes(toStoreError(error).code);
}

/** Whether another connection holds the lock. */
export function isBusy(error: unknown): boolean {
  return toStoreError(error).code === 'store_busy';
}

/** Encodes an error for another thread. */
export function toWire(error: unknown): WireError {
  const { code, message, cause } = toStoreError(error);
  if (cause === undefined) return { code, message, detail: null };
  const result = resultCode(cause);
  const report = String(cause);
  return { code, message, detail: result === undefined ? report : `SQLite ${result}, ${report}` };
}

/** Decodes an error from another thread. */
export function fromWire({ code, message, detail }: WireError): StoreError {
  return new StoreError(code, message, detail === null ? {} : { cause: new Error(detail) });
}

/** The primary result code of an error of node:sqlite; undefined for others. */
function resultCode(error: unknown): number | undefined {
  // Without instanceof: the error may come from another realm, such as a vm context.
  if (typeof error !== 'object' || error === null || !('errcode' in error)) return undefined;
  return typeof error.errcode === 'number' ? error.errcode & 0xff : undefined;
}
