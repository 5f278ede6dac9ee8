import type { ALL_QUERIES as SQLITE } from './sqlite/all-queries.ts';
import type { ALL_QUERIES as SQL_SERVER } from './sqlserver/all-queries.ts';
import type { Query } from './sqlserver/query.ts';

/** On SQL Server some names are plain strings: parts of a larger statement. */
type Whole<Queries> = {
  [Name in keyof Queries]: Queries[Name] extends Query ? Name : never;
}[keyof Queries];

/** The names of the statements that both engines have. */
export type SharedQuery = keyof typeof SQLITE & Whole<typeof SQL_SERVER>;
