/**
 * How a parameter is typed. It is the type of the column that it meets: a parameter of another type
 * makes the server convert the column and walk the whole index, and one whose length follows its
 * value makes a new plan for every length.
 */
export type ParameterType =
  | { readonly kind: 'text'; readonly size: number }
  | { readonly kind: 'json' }
  | { readonly kind: 'whole' }
  | { readonly kind: 'small' };

export type Value = string | number | null;

/** A literal statement (or batch) with the types of its parameters. */
export interface Query<Name extends string = string> {
  readonly sql: string;
  readonly parameters: Readonly<Record<Name, ParameterType>>;
}

/** The values of a query's parameters: each of them, and no other. */
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

/** Sizes of the columns that are looked up by. */
export const ID = text(100);
export const KIND = text(20);
export const ONCE_KEY = text(400);
export const PRINCIPAL_KEY = text(320);
export const JOB_KEY = text(200);
export const CONVERSATION_KEY = text(400);

/** Names a statement and the types of its parameters. */
export function query<const Name extends string>(
  parameters: Readonly<Record<Name, ParameterType>>,
  sql: string,
): Query<Name> {
  return { parameters, sql };
}

/**
 * The rows of a JSON parameter, for a FROM: `columns` is each column's name, its property and its
 * type. Text is put back as `encodeRows` sent it, and compared byte by byte as every key is.
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

/** A property of any length: Babelfish cuts those of a WITH clause at 4,000 characters. */
function longText(path: string): string {
  return `(SELECT v.value FROM OPENJSON(i.value) v WHERE v.[key] ${BYTES} = N'${path.slice(2)}')`;
}

const BYTES = 'COLLATE Latin1_General_BIN2';
const LONG = 'nvarchar(max)';

/** Two control characters that no text has a use for (they are in no code page of Windows). */
const QUOTE_CODE = 0x90;
const SLASH_CODE = 0x9d;
const QUOTE = String.fromCharCode(QUOTE_CODE);
const SLASH = String.fromCharCode(SLASH_CODE);
const REPLACEMENT = '\ufffd';

/**
 * JSON of rows for `rowsOf`. Babelfish gives the texts in a JSON as they are written there, escapes
 * and all, where SQL Server undoes them: so quotes and backslashes travel as characters that need
 * no escape, and come out the same on both.
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
 * Rows in the order of their keys: two statements that write some of the same rows then reach for
 * them in one order, and wait for each other instead of ending in a deadlock, which the server
 * looks for only every five seconds.
 * learn.microsoft.com/sql/relational-databases/sql-server-deadlocks-guide
 */
export function byKey<Item extends { readonly key: string }>(items: readonly Item[]): Item[] {
  return [...items].sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** JSON of a value that is itself a column of carried rows: nothing in it is lost on the way. */
export function jsonText(value: unknown): string {
  return protectText(JSON.stringify(value));
}

/** JSON text whose two characters that have another use in carried rows stand as escapes. */
export function protectText(json: string): string {
  return json.replaceAll(QUOTE, '\\u0090').replaceAll(SLASH, '\\u009d');
}

/**
 * For statements that join a parameter's list to a table: without it a small table is scanned, and
 * rows of other commits are waited for. It spares waiting; nothing is right or wrong by it.
 * learn.microsoft.com/sql/t-sql/queries/hints-transact-sql-query
 */
export const BY_KEY = 'OPTION (LOOP JOIN)';
