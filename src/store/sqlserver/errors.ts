import { StoreError } from '../../usecases/ports/store-error.ts';
import { PERSON_KEY_CHANGED } from '../person-key-changed.ts';
import { UNENCRYPTED } from './encryption-guard.ts';
import { TRANSIENT } from './transient-errors.ts';
import type { Meaning } from './transient-errors.ts';

/** A classified error of a statement. */
export interface Failure {
  readonly error: StoreError;
  /** Whether the server certainly wrote nothing. If false, perhaps only its answer was lost. */
  readonly notApplied: boolean;
  /** Whether a retry may succeed shortly. */
  readonly transient: boolean;
}

/** learn.microsoft.com/sql/relational-databases/errors-events/database-engine-events-and-errors */
const BY_NUMBER: ReadonlyMap<number, Meaning> = new Map<number, Meaning>([
  ...TRANSIENT.flatMap(({ numbers, ...meaning }) => each(numbers, { ...meaning, transient: true })),
  ...each([911], {
    code: 'store_unavailable',
    message:
      'The database does not exist: check Database (Initial Catalog) in the connection string.',
  }),
  ...each([945], {
    code: 'store_unavailable',
    message:
      'The database cannot be opened, because files of it are missing or the server lacks memory ' +
      'or disk space: look at its error log.',
  }),
  ...each([18456, 18452, 18486, 18487, 18488, 40532], {
    code: 'store_unavailable',
    message:
      'The server refuses the login: check user and password (or the managed identity) in ' +
      'the connection string, and that the login is not locked.',
  }),
  ...each([229, 230, 262, 297, 300, 916, 1088, 2760, 3701, 15247], {
    code: 'store_unavailable',
    message:
      'The database user lacks a permission: run infra/sql/grants.sql for the service, and ' +
      '`countersign migrate` with the identity that may change the schema.',
  }),
  ...each([3906, 3908], {
    code: 'store_readonly',
    message:
      'The database cannot be written: connect to the primary (not a secondary or a ' +
      'snapshot) and set it READ_WRITE.',
  }),
  ...each([1105, 1101, 9002, 40544, 5149, 3257], {
    code: 'store_full',
    message:
      'The database or its log is full: free space, or raise the size limit. Nothing of ' +
      'the change was written.',
  }),
  ...each([823, 824, 825, 605, 7987], {
    code: 'store_corrupt',
    message:
      'The database is damaged: stop the service, keep a copy of the database, run DBCC ' +
      'CHECKDB, and restore the last backup.',
  }),
  ...each([208, 207, 213], {
    code: 'schema_changed',
    message: 'The database lacks a table or column: run `countersign migrate`.',
  }),
  ...each([515, 547, 2601, 2627, 2628, 8152, 8115, 220, 245, 8114, 8016, 8023, 13609, 51010], {
    code: 'store_rejected',
    message:
      'The change violates a constraint of the schema, which is a bug in Countersign: ' +
      'nothing was written, and a retry does not help.',
  }),
  ...each([51012], { code: 'person_key_changed', message: PERSON_KEY_CHANGED }),
]);

/** Violations of a unique index or constraint. */
const UNIQUE: readonly number[] = [2601, 2627];

/** Classifies an error of mssql or tedious. */
export function failureOf(thrown: unknown): Failure {
  if (thrown instanceof StoreError) {
    return { error: thrown, notApplied: true, transient: thrown.code === 'store_busy' };
  }
  const beforeSent = chainOf(thrown)[0]?.name !== 'RequestError';
  const meaning = numbersOf(thrown)
    .map((number) => BY_NUMBER.get(number))
    .find((one) => one);
  return meaning
    ? failure(thrown, meaning, beforeSent || meaning.mayBeDone !== true)
    : connectionFailure(thrown, beforeSent);
}

function failure(
  thrown: unknown,
  { code, message, transient = false }: Meaning,
  notApplied = true,
): Failure {
  return { error: new StoreError(code, message, { cause: thrown }), notApplied, transient };
}

/** Converts any thrown value to a StoreError. */
export function toStoreError(thrown: unknown): StoreError {
  return failureOf(thrown).error;
}

/** Whether the error is a duplicate key. */
export function isDuplicateKey(error: unknown): boolean {
  const cause = error instanceof StoreError ? error.cause : error;
  return numbersOf(cause).some((number) => UNIQUE.includes(number));
}

/** The error of every call after `close`. */
export function storeClosed(): StoreError {
  return new StoreError('store_closed', 'The store is closed: the service is stopping.');
}

/** The error when the queue is full. */
export function storeOverloaded(limit: number): StoreError {
  return new StoreError(
    'store_busy',
    `More than ${limit} calls wait for the database: try again later.`,
  );
}

/** Classifies connection errors by mssql's codes: they have no number. */
function connectionFailure(thrown: unknown, beforeSent: boolean): Failure {
  const errors = chainOf(thrown);
  const codes = errors.flatMap(codesOf);
  if (errors.some(({ message }) => String(message).startsWith(POOL_TIMEOUT))) {
    const message =
      'No connection of the pool became free in time: try again later, or ' +
      'raise Max Pool Size.';
    return failure(thrown, { code: 'store_busy', message });
  }
  if (codes.includes('ELOGIN')) {
    const message = 'The server refuses the login: check the connection string.';
    return failure(thrown, { code: 'store_unavailable', message });
  }
  if (codes.includes(UNENCRYPTED)) {
    return failure(thrown, { code: 'store_unavailable', message: NOT_ENCRYPTED });
  }
  if (codes.some((code) => CONNECTION_FAULTS.includes(code))) {
    const message = beforeSent
      ? 'The server cannot be reached: check its name, port, firewall and certificate, and that ' +
        'it supports the encryption setting.'
      : 'The connection to the server broke, or it did not answer in time: try again.';
    return failure(thrown, { code: 'store_unavailable', message, transient: true }, beforeSent);
  }
  if (codes.includes('EPARAM') || codes.includes('EARGS')) {
    return failure(thrown, BY_NUMBER.get(515) ?? FAULT);
  }
  return failure(thrown, FAULT, false);
}

const FAULT: Meaning = {
  code: 'store_unavailable',
  message: 'The server reported an unknown error: see the cause.',
};

const NOT_ENCRYPTED =
  'The server, or something between, keeps the connection from being encrypted, ' +
  'so no login was sent: enable encryption on the server (it needs a certificate), and check that ' +
  'Server= names it and that no proxy answers for it.';

/** Start of the message when the pool times out; mssql's error for it has no code. */
const POOL_TIMEOUT = 'Failed to acquire a connection from the pool';

const CONNECTION_FAULTS: readonly string[] = [
  'ESOCKET',
  'ETIMEOUT',
  'ECONNCLOSED',
  'ENOTOPEN',
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'EINSTLOOKUP',
  'EINVALIDSTATE',
  'ECANCEL',
];

/** The code, and codes in the message: mssql turns an error of another realm into text. */
function codesOf({ code, message }: ErrorParts): string[] {
  const words = typeof message === 'string' ? message.match(/\bE[A-Z]{4,}\b/g) : null;
  return [...(typeof code === 'string' ? [code] : []), ...(words ?? [])];
}

interface ErrorParts {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly code?: unknown;
  readonly number?: unknown;
  readonly precedingErrors?: unknown;
}

/** The server's error numbers, oldest first. */
function numbersOf(thrown: unknown): number[] {
  const preceding = chainOf(thrown)[0]?.precedingErrors;
  return [...(Array.isArray(preceding) ? (preceding as unknown[]) : []), thrown]
    .flatMap(chainOf)
    .flatMap(({ number }) => (typeof number === 'number' ? [number] : []));
}

/** An error and its causes. Without instanceof, as another realm has its own Error class. */
function chainOf(thrown: unknown): ErrorParts[] {
  const found: ErrorParts[] = [];
  const open: unknown[] = [thrown];
  for (let seen = 0; open.length > 0 && seen < 20; seen += 1) {
    const error = open.shift();
    if (typeof error !== 'object' || error === null) continue;
    found.push(error);
    if ('originalError' in error) open.push(error.originalError);
    if ('info' in error) open.push(error.info);
    if ('cause' in error) open.push(error.cause);
    if ('errors' in error && Array.isArray(error.errors)) open.push(...(error.errors as unknown[]));
  }
  return found;
}

function each(numbers: readonly number[], meaning: Meaning): [number, Meaning][] {
  return numbers.map((number) => [number, meaning]);
}
