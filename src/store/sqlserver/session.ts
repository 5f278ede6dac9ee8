import sql from 'mssql';
import type { Ids } from '../../lib/ids.ts';
import type { Logger } from '../../lib/logger.ts';
import { describeError } from '../../lib/logger.ts';
import { StoreError } from '../../usecases/ports/store-error.ts';
import { storeClosed, storeOverloaded, toStoreError } from './errors.ts';
import { retryTransient } from './retry.ts';
import type { ParameterType, Query, Value, ValuesOf } from './query.ts';

export type Row = Readonly<Record<string, unknown>>;

/**
 * What may happen to a statement whose answer was lost. `twice`: it may be sent again, as a read or
 * a commit with its change id may. `once`: it is only sent again where it surely was not done.
 */
export type Repeat = 'twice' | 'once';

/** A bounded pool of connections to one database. */
export interface Session {
  /** The rows that a statement (or a batch, which selects once) gives. */
  all<Q extends Query>(
    query: Q,
    values: ValuesOf<Q>,
    options: { repeat: Repeat; timeoutMs?: number },
  ): Promise<readonly Row[]>;
  /** Finishes what was asked and closes every connection. May be called again. */
  close(): Promise<void>;
}

export interface SessionOptions {
  readonly config: sql.config;
  readonly ids: Ids;
  readonly log: Logger;
  /** How long a transient failure is repeated (ms). */
  readonly maxWaitMs: number;
  /** Calls that may wait for a connection at one time. */
  readonly queueLimit: number;
}

const CLOSE_WITHIN_MS = 15_000;
const CLOSE_LOOK_MS = 10;

/**
 * Opens the pool. An outage later on needs no restart: connections that broke are replaced as they
 * are asked for.
 *
 * @throws StoreError where the server cannot be reached or refuses the login.
 */
export async function openSession(options: SessionOptions): Promise<Session> {
  const { config, log, ids, maxWaitMs, queueLimit } = options;
  const logins = loginErrorNumbers();
  const pool = new sql.ConnectionPool({ ...config, beforeConnect: logins.watch });
  pool.on('error', (error) => log.debug('a connection failed', { error: describeError(error) }));
  const maxInFlight = (config.pool?.max ?? 10) + queueLimit;
  let inFlight = 0;
  let closing: Promise<void> | undefined;

  await retryTransient(() => logins.withNumber(() => pool.connect()), {
    maxWaitMs,
    ids,
    mayRepeat: () => true,
  });

  return {
    async all(query, values, { repeat, timeoutMs }) {
      if (closing) throw storeClosed();
      if (inFlight >= maxInFlight) throw storeOverloaded(queueLimit);
      inFlight += 1;
      try {
        const attempt = () => send(pool, { query, values, timeoutMs });
        return await retryTransient(() => logins.withNumber(attempt), {
          maxWaitMs,
          ids,
          mayRepeat: ({ notApplied }) => notApplied || repeat === 'twice',
        });
      } finally {
        inFlight -= 1;
      }
    },
    close() {
      closing ??= (async () => {
        for (
          let waitedMs = 0;
          inFlight > 0 && waitedMs < CLOSE_WITHIN_MS;
          waitedMs += CLOSE_LOOK_MS
        ) {
          await new Promise((resolve) => setTimeout(resolve, CLOSE_LOOK_MS));
        }
        await pool.close();
      })();
      return closing;
    },
  };
}

/** Texts of refused logins that are remembered, so that a hostile server cannot fill memory. */
const MAX_REMEMBERED = 20;

/** The driver drops the number of a refused login: it is taken from the line, by the text. */
function loginErrorNumbers(): {
  watch: (connection: unknown) => void;
  withNumber: <Found>(attempt: () => Promise<Found>) => Promise<Found>;
} {
  const byText = new Map<string, number>();
  return {
    watch(connection) {
      (connection as ErrorMessages).on('errorMessage', ({ message, number }) => {
        if (byText.size >= MAX_REMEMBERED) byText.clear();
        byText.set(message, number);
      });
    },
    async withNumber(attempt) {
      try {
        return await attempt();
      } catch (error) {
        if (typeof error !== 'object' || error === null || !('message' in error)) throw error;
        const number = byText.get(String(error.message));
        throw number === undefined || 'number' in error ? error : Object.assign(error, { number });
      }
    },
  };
}

interface ErrorMessages {
  on(name: 'errorMessage', listener: (error: { message: string; number: number }) => void): void;
}

async function send(
  pool: sql.ConnectionPool,
  {
    query,
    values,
    timeoutMs,
  }: {
    query: Query;
    values: Readonly<Record<string, Value>>;
    timeoutMs: number | undefined;
  },
): Promise<readonly Row[]> {
  // The types of mssql do not know that a request may have a time of its own.
  const make = pool.request.bind(pool) as (given?: { requestTimeout: number }) => sql.Request;
  const request = timeoutMs === undefined ? make() : make({ requestTimeout: timeoutMs });
  for (const [name, type] of Object.entries(query.parameters)) {
    request.input(name, sqlType(type), checked(name, type, values[name] ?? null));
  }
  const { recordsets } = await request.query(query.sql);
  const last = Array.isArray(recordsets) ? recordsets.at(-1) : undefined;
  return last ? plain(last) : [];
}

function sqlType(type: ParameterType): sql.ISqlType {
  switch (type.kind) {
    case 'text':
      return sql.NVarChar(type.size);
    case 'json':
      return sql.NVarChar(sql.MAX);
    case 'whole':
      return sql.BigInt();
    case 'small':
      return sql.Int();
  }
}

/** A value that its column cannot hold is refused here: on the wire it would break the message. */
function checked(name: string, type: ParameterType, value: Value): Value {
  if (value === null) return value;
  const fits =
    typeof value === 'string'
      ? type.kind === 'json' || (type.kind === 'text' && value.length <= type.size)
      : (type.kind === 'whole' || type.kind === 'small') &&
        Number.isSafeInteger(value) &&
        (type.kind === 'whole' || Math.abs(value) < 2 ** 31);
  if (fits) return value;
  throw new StoreError(
    'store_rejected',
    `The value of ${name} does not fit its column: this is a fault of the program that sent it.`,
  );
}

/** Rows as plain objects. A bigint comes as text: ours are times and counts, which are safe. */
function plain(rows: sql.IRecordSet<Row>): readonly Row[] {
  const whole = Object.values(rows.columns)
    .filter(({ type }) => (type as unknown) === sql.BigInt)
    .map(({ name }) => name);
  return rows.map((row) => {
    const made: Record<string, unknown> = { ...row };
    for (const name of whole) made[name] = made[name] === null ? null : Number(made[name]);
    return made;
  });
}

/** Closes what was opened where the rest of the opening fails. */
export async function closingOnFailure<Found>(
  session: Session,
  rest: () => Promise<Found>,
): Promise<Found> {
  try {
    return await rest();
  } catch (error) {
    await session.close();
    throw toStoreError(error);
  }
}
