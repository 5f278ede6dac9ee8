/**
 * The type of a parameter, equal to that of its column. With another type the server converts the
 * column and scans the index. With a length per value it compiles a plan per length.
 */
export type ParameterType =
  | { readonly kind: 'text'; readonly size: number }
  | { readonly kind: 'json' }
  | { readonly kind: 'whole' }
  | { readonly kind: 'small' };

export type Value = string | number | null;

/** A literal statement or batch, with its parameter types. */
export interface Query<Name extends string = string> {
  readonly sql: string;
  readonly parameters: Readonly<Record<Name, ParameterType>>;
}

/** One value for each parameter of a query. */
export type ValuesOf<Q extends Query> = Readonly<Record<keyof Q['parameters'], Value>>;

/** nvarchar(size) */
export function text(size: number): ParameterType {
  return { kind: 'text', size };
}

/** nvarchar(max) */
export const JSON_TEXT: ParameterType = { kind: 'json' };
/** bigint */
export const WHOLE: ParameterType = { kind: 'whole' };
/** int */
export const SMALL: ParameterType = { kind: 'small' };

/** Types of the columns in lookups. */
export const ID = text(100);
export const KIND = text(20);
export const ONCE_KEY = text(400);
export const PRINCIPAL_KEY = text(320);
export const JOB_KEY = text(200);
export const CONVERSATION_KEY = text(400);

/** Makes a query. */
export function query<const Name extends string>(
  parameters: Readonly<Record<Name, ParameterType>>,
  sql: string,
): Query<Name> {
  return { parameters, sql };
}

/**
 * A FROM source with the rows of a JSON parameter. `columns` has name, JSON path and type of each
 * column. Decodes the text of `encodeRows`, and gives it the collation of the keys (byte by byte).
 */
export function rowsOf(
  parameter: string,
  columns: readonly (readonly [name: string, path: string, type: string])[],
): string {
  const long = columns.some(([, , type]) => type === LONG);
  const typed = columns
    .filter(([, , type]) => type !== LONG)
    .map(([name, path, type]) => `${name} ${type} '${path}'`);
  const taken = columns.map(([name, path, type]) => {
    if (!type.startsWith('nvarchar')) return `o.${name}`;
    const found = type === LONG ? longText(path) : `o.${name}`;
    const bytes = `${found} ${BYTES}`;
    return (
      `REPLACE(REPLACE(${bytes}, NCHAR(${QUOTE_CODE}), N'"'), NCHAR(${SLASH_CODE}), N'\\') ` +
      `${BYTES} AS ${name}`
    );
  });
  const source = long
    ? `OPENJSON(${parameter}) i CROSS APPLY OPENJSON(i.value) WITH (${typed.join(', ')}) o`
    : `OPENJSON(${parameter}) WITH (${typed.join(', ')}) o`;
  return `(
    SELECT ${taken.join(',\n      ')}
    FROM ${source}
  )`;
}

/** A property of any length: in a WITH clause Babelfish truncates at 4,000 characters. */
function longText(path: string): string {
  return `(SELECT v.value FROM OPENJSON(i.value) v WHERE v.[key] ${BYTES} = N'${path.slice(2)}')`;
}

const BYTES = 'COLLATE Latin1_General_BIN2';
const LONG = 'nvarchar(max)';

/** Two control characters that are unused in text (no Windows code page has them). */
const QUOTE_CODE = 0x90;
const SLASH_CODE = 0x9d;
const QUOTE = String.fromCharCode(QUOTE_CODE);
const SLASH = String.fromCharCode(SLASH_CODE);
const REPLACEMENT = '\ufffd';

/**
 * Encodes rows as JSON for `rowsOf`. Quotes and backslashes become characters that need no escape,
 * because Babelfish does not decode JSON escapes.
 */
export function encodeRows(rows: readonly unknown[]): string {
  return JSON.stringify(rows, (_name, value: unknown) =>
    typeof value === 'string'
      ? value
          .replaceAll(QUOTE, REPLACEMENT)
          .replaceAll(SLASH, REPLACEMENT)
          .replaceAll('"', QUOTE)
          .replaceAll('\\', SLASH)
      : value,
  );
}

/**
 * Sorts rows by key, so that concurrent statements lock shared rows in one order. They then wait
 * instead of deadlocking, which the server detects only every five seconds.
 * learn.microsoft.com/sql/relational-databases/sql-server-deadlocks-guide
 */
export function byKey<Item extends { readonly key: string }>(items: readonly Item[]): Item[] {
  return [...items].sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** JSON text for a column of encoded rows, kept byte by byte. */
export function jsonText(value: unknown): string {
  return protectText(JSON.stringify(value));
}

/** Escapes the two characters that `encodeRows` uses, in JSON text. */
export function protectText(json: string): string {
  return json.replaceAll(QUOTE, '\\u0090').replaceAll(SLASH, '\\u009d');
}

/**
 * A hint for joins of a parameter's rows with a table. Without it the server scans a small table and
 * waits for rows that other commits lock. It affects speed only.
 * learn.microsoft.com/sql/t-sql/queries/hints-transact-sql-query
 */
export const BY_KEY = 'OPTION (LOOP JOIN)';
