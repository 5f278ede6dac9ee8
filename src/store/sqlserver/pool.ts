import sql from 'mssql';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ids } from '../../lib/ids.ts';
import type { Logger } from '../../lib/logger.ts';
import { describeError } from '../../lib/logger.ts';
import { StoreError } from '../../usecases/ports/store-error.ts';
import type { Repeat } from '../writes.ts';
import { storeClosed, storeOverloaded } from './errors.ts';
import { retryTransient } from './retry.ts';
import { JSON_TEXT, SMALL, WHOLE, sizeOf } from './query.ts';
import type { Query, SqlType, Value, ValuesOf } from './query.ts';

export type Row = Readonly<Record<string, unknown>>;

/** A bounded pool of connections to one database. */
export interface Pool {
  /** Runs a statement, or a batch with one SELECT. Returns the rows. */
  all<Q extends Query>(
    query: Q,
    values: ValuesOf<Q>,
    options: { repeat: Repeat; timeoutMs?: number },
  ): Promise<readonly Row[]>;
  /** Finishes pending calls and closes all connections. Idempotent. */
  close(): Promise<void>;
}

export interface PoolOptions {
  readonly config: sql.config;
  readonly ids: Ids;
  readonly log: Logger;
  /** How long transient failures are retried. */
  readonly maxWaitMs: number;
  /** Calls that may wait for a connection at once. */
  readonly queueLimit: number;
}

const CLOSE_WITHIN_MS = 15_000;

/**
 * Opens the pool. It replaces broken connections on demand, so an outage needs no restart.
 *
 * @throws StoreError if the server cannot be reached or refuses the login.
 */
export async function openPool(options: PoolOptions): Promise<Pool> {
  const { config, log, ids, maxWaitMs, queueLimit } = options;
  const logins = loginErrorNumbers();
  const pool = new sql.ConnectionPool({ ...config, beforeConnect: logins.watch });
  pool.on('error', (error) => log.debug('a connection failed', { error: describeError(error) }));
  const maxInFlight = (config.pool?.max ?? 10) + queueLimit;
  const running = new Set<Promise<unknown>>();
  let closing: Promise<void> | undefined;

  await retryTransient(() => logins.withNumber(() => pool.connect()), {
    maxWaitMs,
    ids,
    mayRepeat: () => true,
  });

  return {
    async all(query, values, { repeat, timeoutMs }) {
      if (closing) throw storeClosed();
      if (running.size >= maxInFlight) throw storeOverloaded(queueLimit);
      const attempt = () => send(pool, { query, values, timeoutMs });
      const call = retryTransient(() => logins.withNumber(attempt), {
        maxWaitMs,
        ids,
        mayRepeat: ({ notApplied }) => notApplied || repeat === 'twice',
      });
      running.add(call);
      try {
        return await call;
      } finally {
        running.delete(call);
      }
    },
    close() {
      closing ??= (async () => {
        const over = sleep(CLOSE_WITHIN_MS, undefined, { ref: false });
        await Promise.race([Promise.allSettled(running), over]);
        await pool.close();
      })();
      return closing;
    },
  };
}

/** Bounds the remembered logins: a hostile server must not fill memory. */
const MAX_REMEMBERED = 20;
const MAX_NUMBERS = 10;

/**
 * Restores the error numbers of a failed login, by its last message on the wire. mssql drops the
 * numbers, and tedious every message but the last: SQL Server ends each failed login with 18456
 * (login failed), whatever the reason before it (4060, 983).
 */
function loginErrorNumbers() {
  const byText = new Map<string, readonly number[]>();
  return {
    watch(connection: unknown) {
      let numbers: readonly number[] = [];
      (connection as ErrorMessages).on('errorMessage', ({ message, number }) => {
        if (byText.size >= MAX_REMEMBERED) byText.clear();
        numbers = [...numbers, number].slice(-MAX_NUMBERS);
        byText.set(message, numbers);
      });
    },
    async withNumber<Found>(attempt: () => Promise<Found>): Promise<Found> {
      try {
        return await attempt();
      } catch (error) {
        if (typeof error !== 'object' || error === null || !('message' in error)) throw error;
        const numbers = byText.get(String(error.message)) ?? [];
        const number = numbers.at(-1);
        if (number === undefined || 'number' in error) throw error;
        const precedingErrors = numbers.slice(0, -1).map((one) => ({ number: one }));
        throw Object.assign(error, { number, precedingErrors });
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
  }: { query: Query; values: ValuesOf<Query>; timeoutMs: number | undefined },
): Promise<readonly Row[]> {
  // The types of mssql lack the requestTimeout of a single request.
  const make = pool.request.bind(pool) as (given?: { requestTimeout: number }) => sql.Request;
  const request = timeoutMs === undefined ? make() : make({ requestTimeout: timeoutMs });
  for (const [name, type] of Object.entries(query.parameters)) {
    request.input(name, driverType(type), checked(name, type, values[name] ?? null));
  }
  const { recordsets } = await request.query(query.sql);
  const last = Array.isArray(recordsets) ? recordsets.at(-1) : undefined;
  return last ? plain(last) : [];
}

function driverType(type: SqlType): sql.ISqlType {
  if (type === WHOLE) return sql.BigInt();
  if (type === SMALL) return sql.Int();
  return sql.NVarChar(type === JSON_TEXT ? sql.MAX : sizeOf(type));
}

/** Rejects a value that does not fit its column: tedious would send a malformed message. */
function checked(name: string, type: SqlType, value: Value): Value {
  const size = sizeOf(type);
  const fits =
    typeof value === 'string'
      ? size !== undefined && value.length <= size
      : size === undefined &&
        Number.isSafeInteger(value) &&
        (type === WHOLE || Math.abs(Number(value)) < 2 ** 31);
  if (value === null || fits) return value;
  throw new StoreError(
    'store_rejected',
    `The value of ${name} does not fit its column: this is a bug in Countersign.`,
  );
}

/** Converts rows to plain objects. A bigint arrives as text; times and counts are safe numbers. */
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
