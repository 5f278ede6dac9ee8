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
export type ValuesOf<Asked extends Query> = Readonly<Record<keyof Asked['parameters'], Value>>;

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
export const CLAIM_KEY = text(400);
export const PRINCIPAL_KEY = text(320);
export const JOB_KEY = text(200);
export const CONVERSATION_KEY = text(400);

/** Names a statement and the types of its parameters. */
export function query<const Name extends string>(
  parameters: Readonly<Record<Name, ParameterType>>, sql: string,
): Query<Name> {
  return { parameters, sql };
}

/**
 * The collation of every key, for text that comes out of JSON: without it the server cannot tell
 * which of two collations counts, or compares keys without regard to case.
 */
export const BYTES = 'COLLATE Latin1_General_BIN2';

/**
 * For statements that join a parameter's list to a table: without it a small table is scanned, and
 * rows of other commits are waited for. It spares waiting; nothing is right or wrong by it.
 * learn.microsoft.com/sql/t-sql/queries/hints-transact-sql-query
 */
export const BY_KEY = 'OPTION (LOOP JOIN)';
