import { StoreError } from '../../usecases/ports/store-error.ts';
import type { StoreErrorCode } from '../../usecases/ports/store-error.ts';

/** A fault as it crosses from the writer's thread: plain data, for an Error travels badly. */
export interface WireError {
  readonly code: StoreErrorCode;
  readonly message: string;
  /** What SQLite or the runtime reported; null where the message says it all. */
  readonly detail: string | null;
}

/** Primary result codes of SQLite (sqlite.org/rescode.html) and what they mean to an operator. */
const BY_RESULT_CODE: Readonly<Record<number, { code: StoreErrorCode; message: string }>> = {
  3: unavailable("SQLite may not open the database file: give the service's user its rights."),
  5: busy(),
  6: busy(),
  7: unavailable('SQLite ran out of memory: give the service more, or load it less.'),
  8: {
    code: 'store_readonly',
    message:
      'The database cannot be written: make the file, its directory and their disk ' +
      "writable for the service's user.",
  },
  10: unavailable(
    'Reading or writing the database file failed: check the disk, the room on it, and quotas and ' +
      "limits of the service's user.",
  ),
  11: corrupt(),
  13: {
    code: 'store_full',
    message: 'The disk of the database is full: make room. Nothing of the change was written.',
  },
  14: unavailable(
    'The database file cannot be opened: make sure that its directory exists and that the ' +
      "service's user may read and write in it.",
  ),
  18: rejected(),
  19: rejected(),
  20: rejected(),
  23: unavailable("SQLite may not use the database file: give the service's user its rights."),
  26: corrupt(),
};

/** The StoreError of whatever SQLite (or the code around it) threw. */
export function toStoreError(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const known = BY_RESULT_CODE[resultCode(error) ?? -1];
  if (known) return new StoreError(known.code, known.message, { cause: error });
  // A value that SQLite cannot hold fails while it is bound, before SQLite sees it.
  const { code, message } =
    resultCode(error) === undefined
      ? rejected()
      : unavailable('SQLite failed in a way that has no advice; the cause says what it reported.');
  return new StoreError(code, message, { cause: error });
}

/** What every call answers once the store is closed. */
export function storeClosed(): StoreError {
  return new StoreError('store_closed', 'The store is closed: the service is stopping.');
}

/** Whether a fault concerns one change alone, so that its neighbours may still be committed. */
export function isOfOneChange(error: unknown): boolean {
  return toStoreError(error).code === 'store_rejected';
}

/** Whether another connection holds the lock just now. */
export function isBusy(error: unknown): boolean {
  return toStoreError(error).code === 'store_busy';
}

/** A fault, ready to be posted to another thread. */
export function toWire(error: unknown): WireError {
  const { code, message, cause } = toStoreError(error);
  if (cause === undefined) return { code, message, detail: null };
  const result = resultCode(cause);
  const report = String(cause);
  return { code, message, detail: result === undefined ? report : `SQLite ${result}, ${report}` };
}

/** The fault that another thread posted. */
export function fromWire({ code, message, detail }: WireError): StoreError {
  return new StoreError(code, message, detail === null ? {} : { cause: new Error(detail) });
}

/** The primary result code that node:sqlite puts on its errors; undefined on any other. */
function resultCode(error: unknown): number | undefined {
  // Not instanceof: the error may come from another realm (a vm context has an Error of its own).
  if (typeof error !== 'object' || error === null || !('errcode' in error)) return undefined;
  return typeof error.errcode === 'number' ? error.errcode & 0xff : undefined;
}

function unavailable(message: string): { code: StoreErrorCode; message: string } {
  return { code: 'store_unavailable', message };
}

function busy(): { code: StoreErrorCode; message: string } {
  return {
    code: 'store_busy',
    message:
      'Another process holds the database for too long: send the same again a little later, ' +
      'and look for a program that keeps a transaction open on the file.',
  };
}

function corrupt(): { code: StoreErrorCode; message: string } {
  return {
    code: 'store_corrupt',
    message:
      'The database file is damaged or is no SQLite database: stop, keep a copy of it, and ' +
      'restore the last backup.',
  };
}

function rejected(): { code: StoreErrorCode; message: string } {
  return {
    code: 'store_rejected',
    message:
      'What was to be written breaks a rule of the schema, which is a fault of the program ' +
      'that sent it: nothing of it was written, and sending it again will not help.',
  };
}
