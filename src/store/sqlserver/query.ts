/**
 * The type of a parameter, equal to that of its column. With another type the server converts the
 * column and scans the index. With a length per value it compiles a plan per length.
 */
export type SqlType = `nvarchar(${number})` | 'nvarchar(max)' | 'bigint' | 'int' | 'bit';

/** Columns, or parameters, with their types. */
export type Columns = Readonly<Record<string, SqlType>>;

export type Value = string | number | null;

/** A literal statement or batch, with its parameter types. */
export interface Query<Name extends string = string> {
  readonly sql: string;
  readonly parameters: Readonly<Record<Name, SqlType>>;
}

/** One value for each parameter of a query; undefined is NULL. */
export type ValuesOf<Q extends Query> = Readonly<Record<keyof Q['parameters'], Value | undefined>>;

export const JSON_TEXT = 'nvarchar(max)' as const;
export const WHOLE = 'bigint' as const;
export const SMALL = 'int' as const;

/** Types of the columns in lookups. */
export const ID = 'nvarchar(100)' as const;
export const KIND = 'nvarchar(20)' as const;
export const ONCE_KEY = 'nvarchar(400)' as const;
export const PRINCIPAL_KEY = 'nvarchar(320)' as const;
export const JOB_KEY = 'nvarchar(200)' as const;
export const CONVERSATION_KEY = 'nvarchar(400)' as const;

/** How many characters a type holds; undefined for a number. */
export function sizeOf(type: SqlType): number | undefined {
  if (type === JSON_TEXT) return Number.POSITIVE_INFINITY;
  const size = /\((\d+)\)/.exec(type)?.[1];
  return size === undefined ? undefined : Number(size);
}

/** Makes a query. */
export function query<const Name extends string>(
  parameters: Readonly<Record<Name, SqlType>>,
  sql: string,
): Query<Name> {
  return { parameters, sql };
}

/** Makes a query that returns as `changed` how many rows its statement changed. */
export function counted<const Name extends string>(
  parameters: Readonly<Record<Name, SqlType>>,
  statement: string,
): Query<Name> {
  return query(parameters, `SET NOCOUNT ON; ${statement}; SELECT @@ROWCOUNT AS changed`);
}

/**
 * Runs statements in one transaction, which an error rolls back. With `done` the steps decide in
 * @outcome: the transaction is committed if none has set it, and its value is then `done`. After a
 * duplicate key `onDuplicate` runs instead of the error.
 */
export function transaction(
  steps: string,
  { done, onDuplicate }: { done?: string; onDuplicate?: string } = {},
): string {
  const end =
    done === undefined
      ? 'COMMIT TRANSACTION;'
      : `IF @outcome IS NULL
    BEGIN
      COMMIT TRANSACTION;
      SET @outcome = N'${done}';
    END
    ELSE ROLLBACK TRANSACTION;`;
  return `
  SET NOCOUNT ON; SET XACT_ABORT ON;
  BEGIN TRY
    BEGIN TRANSACTION;
    ${steps}
    ${end}
  END TRY
  BEGIN CATCH
    IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION;
    ${onDuplicate === undefined ? '' : 'IF ERROR_NUMBER() NOT IN (2601, 2627) '}THROW;
    ${onDuplicate ?? ''}
  END CATCH;`;
}

/** A step of a transaction with outcome: runs unless an earlier step has ended it. */
export function step(sql: string, condition = '1 = 1'): string {
  return `
    IF @outcome IS NULL AND ${condition}
    BEGIN
      ${sql}
    END;`;
}

/**
 * A FROM source with the rows of a JSON parameter: each column has the value of the property of its
 * name in camel case. Decodes the text of `encodeRows`, and gives it the collation of the keys (byte
 * by byte).
 */
export function rowsOf(parameter: string, columns: Columns, propertyOf = camelCase): string {
  const typed: string[] = [];
  const taken = Object.entries(columns).map(([name, type]) => {
    if (type === JSON_TEXT) return `${decoded(longText(propertyOf(name)))} AS [${name}]`;
    typed.push(`[${name}] ${type} '$.${propertyOf(name)}'`);
    return sizeOf(type) === undefined ? `o.[${name}]` : `${decoded(`o.[${name}]`)} AS [${name}]`;
  });
  const long = typed.length < taken.length;
  return `(
    SELECT ${taken.join(',\n      ')}
    FROM OPENJSON(${parameter}) ${long ? 'i CROSS APPLY OPENJSON(i.value) ' : ''}WITH (${typed.join(', ')}) o
  )`;
}

/** A FROM source with the texts of a JSON parameter, as column `text`. */
export function textsOf(parameter: string, type: SqlType): string {
  return `(
    SELECT ${decoded('o.text')} AS text FROM OPENJSON(${parameter}) WITH (text ${type} '$') o
  )`;
}

function camelCase(name: string): string {
  return name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function decoded(text: string): string {
  return (
    `REPLACE(REPLACE(${text} ${BYTES}, NCHAR(${QUOTE_CODE}), N'"'), NCHAR(${SLASH_CODE}), N'\\') ` +
    BYTES
  );
}

/** A property of any length: in a WITH clause Babelfish truncates at 4,000 characters. */
function longText(property: string): string {
  return `(SELECT v.value FROM OPENJSON(i.value) v WHERE v.[key] ${BYTES} = N'${property}')`;
}

/** The collation of the keys. */
export const BYTES = 'COLLATE Latin1_General_BIN2';

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
