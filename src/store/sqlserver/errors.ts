import { StoreError } from '../../usecases/ports/store-error.ts';
import type { StoreErrorCode } from '../../usecases/ports/store-error.ts';
import { UNENCRYPTED } from './encryption-guard.ts';

/** A fault, and what is known of the statement that met it. */
export interface Failure {
  readonly error: StoreError;
  /** Whether the server surely wrote nothing: else the answer alone may be what was lost. */
  readonly notApplied: boolean;
  /** Whether the same again may succeed in a moment. */
  readonly transient: boolean;
}

interface Meaning {
  readonly code: StoreErrorCode;
  readonly message: string;
  readonly transient?: boolean;
  /** The server says so and may yet have finished (a failover under way). */
  readonly mayBeDone?: boolean;
}

const NO_DATABASE =
  'The login may not open the database, or there is none of that name: check ' +
  'Database (Initial Catalog) in the connection string and create the user in that database.';

/** learn.microsoft.com/sql/relational-databases/errors-events/database-engine-events-and-errors */
const BY_NUMBER: ReadonlyMap<number, Meaning> = new Map<number, Meaning>([
  ...each([1205, 1222, 3960, 3961], {
    code: 'store_busy',
    transient: true,
    message: 'Others hold the same rows for too long: send the same again a little later.',
  }),
  ...each([10928, 10929, 40501, 49918, 49919, 49920], {
    code: 'store_busy',
    transient: true,
    message: 'The database is at the limit of its service tier: load it less or raise the tier.',
  }),
  ...each([40197, 40613, 233, 64, 10053, 10054, 10060, 121, 596, 6005], {
    code: 'store_unavailable',
    transient: true,
    mayBeDone: true,
    message: 'The database is failing over or restarting: send the same again a little later.',
  }),
  ...each([4060], { code: 'store_unavailable', transient: true, message: NO_DATABASE }),
  ...each([911], { code: 'store_unavailable', message: NO_DATABASE }),
  ...each([18456, 18452, 18486, 18487, 18488, 40532], {
    code: 'store_unavailable',
    message:
      'The server refuses the login: check user and password (or the managed identity) in ' +
      'the connection string, and that the login is not locked.',
  }),
  ...each([229, 230, 262, 297, 300, 916, 1088, 2760, 3701, 15247], {
    code: 'store_unavailable',
    message:
      'The database user lacks a right: run infra/sql/grants.sql for the service, and ' +
      '`countersign migrate` with the identity that may change the schema.',
  }),
  ...each([3906, 3908, 976, 978, 945], {
    code: 'store_readonly',
    message:
      'The database cannot be written: connect to the primary (not a secondary or a ' +
      'snapshot) and set it READ_WRITE.',
  }),
  ...each([1105, 1101, 9002, 40544, 5149, 3257], {
    code: 'store_full',
    message:
      'The database or its log is full: make room, or raise its size. Nothing of the ' +
      'change was written.',
  }),
  ...each([823, 824, 825, 605, 7987], {
    code: 'store_corrupt',
    message:
      'The server found damage in the database: stop, keep a copy of it, run DBCC CHECKDB, ' +
      'and restore the last backup.',
  }),
  ...each([208, 207, 213], {
    code: 'schema_changed',
    message: 'The database lacks a table or column of this program: run `countersign migrate`.',
  }),
  ...each([515, 547, 2601, 2627, 2628, 8152, 8115, 220, 245, 8114, 8016, 8023, 13609, 51010], {
    code: 'store_rejected',
    message:
      'What was to be written breaks a rule of the schema, which is a fault of the program ' +
      'that sent it: nothing of it was written, and sending it again will not help.',
  }),
  ...each([51001], {
    code: 'store_busy',
    transient: true,
    message: 'Another start changes the schema for too long: look at it, then start again.',
  }),
  ...each([701, 802, 8645, 8651], {
    code: 'store_busy',
    transient: true,
    message: 'The server is short of memory: give it more, or load it less.',
  }),
]);

/** Numbers of faults that mean one value or key, and surely nothing was written. */
const UNIQUE: readonly number[] = [2601, 2627];

/** An error of mssql or tedious as a StoreError, with what is known of its statement. */
export function failureOf(thrown: unknown): Failure {
  if (thrown instanceof StoreError) {
    return { error: thrown, notApplied: true, transient: thrown.code === 'store_busy' };
  }
  const beforeSent = nameOf(thrown) !== 'RequestError';
  const meaning = numbersOf(thrown)
    .map((number) => BY_NUMBER.get(number))
    .find((one) => one);
  if (meaning) {
    const { code, message, transient = false, mayBeDone = false } = meaning;
    return {
      error: new StoreError(code, message, { cause: thrown }),
      transient,
      notApplied: beforeSent || !mayBeDone,
    };
  }
  return connectionFailure(thrown, beforeSent);
}

/** The StoreError of whatever mssql (or the code around it) threw. */
export function toStoreError(thrown: unknown): StoreError {
  return failureOf(thrown).error;
}

/** Whether another row has the same key. */
export function isTaken(error: unknown): boolean {
  const cause = error instanceof StoreError ? error.cause : error;
  return numbersOf(cause).some((number) => UNIQUE.includes(number));
}

/** What every call answers once the store is closed. */
export function storeClosed(): StoreError {
  return new StoreError('store_closed', 'The store is closed: the service is stopping.');
}

/** What is answered where more wait than the queue holds. */
export function storeOverloaded(limit: number): StoreError {
  return new StoreError(
    'store_busy',
    `More than ${limit} calls wait for the database: send the same again later.`,
  );
}

/** Faults of the line to the server, by mssql's codes: they carry no number. */
function connectionFailure(thrown: unknown, beforeSent: boolean): Failure {
  const codes = chainOf(thrown).flatMap(codesOf);
  const cause = { cause: thrown };
  if (chainOf(thrown).some(({ message }) => String(message).startsWith(POOL_TIMEOUT))) {
    const message =
      'No connection of the pool came free in time: send the same again later, or ' +
      'raise Max Pool Size.';
    return {
      error: new StoreError('store_busy', message, cause),
      notApplied: true,
      transient: false,
    };
  }
  if (codes.some((code) => code === 'ELOGIN')) {
    const message = 'The server refuses the login: check the connection string.';
    return {
      error: new StoreError('store_unavailable', message, cause),
      notApplied: true,
      transient: false,
    };
  }
  if (codes.includes(UNENCRYPTED)) {
    return {
      error: new StoreError('store_unavailable', NOT_ENCRYPTED, cause),
      notApplied: true,
      transient: false,
    };
  }
  if (codes.some((code) => CONNECTION_FAULTS.includes(code))) {
    const message = beforeSent
      ? 'The server cannot be reached: check server name, port and firewall, and that encryption ' +
        'and the certificate are what the server offers.'
      : 'The line to the server broke or it did not answer in time: send the same again.';
    return {
      error: new StoreError('store_unavailable', message, cause),
      notApplied: beforeSent,
      transient: true,
    };
  }
  if (codes.some((code) => code === 'EPARAM' || code === 'EARGS')) {
    const { code, message } = BY_NUMBER.get(515) ?? FAULT;
    return { error: new StoreError(code, message, cause), notApplied: true, transient: false };
  }
  return {
    error: new StoreError(FAULT.code, FAULT.message, cause),
    notApplied: false,
    transient: false,
  };
}

const FAULT: Meaning = {
  code: 'store_unavailable',
  message: 'The server failed in a way that has no advice; the cause says what it reported.',
};

const NOT_ENCRYPTED =
  'The server, or somebody on the way to it, keeps the line from being ' +
  'encrypted, so no login was sent: switch encryption on at the server (it needs a certificate), ' +
  'and see that Server= names it and that nothing in between answers for it.';

/** What mssql puts before the words of its pool, whose error has no code or name of its own. */
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

/** Its code, and the codes in its text: mssql passes an error of another realm on as text. */
function codesOf({ code, message }: ErrorParts): string[] {
  const words = typeof message === 'string' ? message.match(/\bE[A-Z]{4,}\b/g) : null;
  return [...(typeof code === 'string' ? [code] : []), ...(words ?? [])];
}

interface ErrorParts {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly code?: unknown;
  readonly number?: unknown;
}

/** The server's numbers, the first that it reported first. */
function numbersOf(thrown: unknown): number[] {
  const preceding =
    typeof thrown === 'object' &&
    thrown !== null &&
    'precedingErrors' in thrown &&
    Array.isArray(thrown.precedingErrors)
      ? (thrown.precedingErrors as unknown[])
      : [];
  return [...preceding, thrown]
    .flatMap(chainOf)
    .flatMap(({ number }) => (typeof number === 'number' ? [number] : []));
}

/** An error and what is inside it. Not instanceof: another realm has an Error of its own. */
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

function nameOf(thrown: unknown): unknown {
  return chainOf(thrown)[0]?.name;
}

function each(numbers: readonly number[], meaning: Meaning): [number, Meaning][] {
  return numbers.map((number) => [number, meaning]);
}
