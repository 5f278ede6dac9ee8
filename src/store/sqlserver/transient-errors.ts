import type { StoreErrorCode } from '../../usecases/ports/store-error.ts';

/** What an error number of SQL Server means. */
export interface Meaning {
  readonly code: StoreErrorCode;
  readonly message: string;
  readonly transient?: boolean;
  /** Whether the statement may have been applied despite the error (a failover). */
  readonly mayBeDone?: boolean;
}

/**
 * The errors of a server or database that pass by themselves: each is waited out at login, read and
 * commit. They are those that Microsoft's clients repeat, and those of a database or a replica of an
 * availability group that is coming up. docs/reference/sql-server-errors.md lists them with their
 * sources; a test compares the two.
 *
 * - SqlClient: learn.microsoft.com/dotnet/api/microsoft.data.sqlclient.sqlconfigurableretryfactory
 * - EF Core: github.com/dotnet/efcore, SqlServerTransientExceptionDetector
 * - mssql-jdbc: github.com/microsoft/mssql-jdbc, SQLServerError.TransientError
 */
export const TRANSIENT: readonly (Meaning & { readonly numbers: readonly number[] })[] = [
  {
    code: 'store_busy',
    message: 'Other transactions lock the same rows for too long: try again shortly.',
    numbers: [
      1203, 1204, 1205, 1215, 1216, 1221, 1222, 1232, 3635, 3941, 3947, 3948, 3950, 3953, 3957,
      3960, 3961, 3966, 3980, 22335, 41301, 41302, 41305, 41325, 41339, 41839,
    ],
  },
  {
    code: 'store_busy',
    message: 'The database is at the limit of its service tier: reduce the load or raise the tier.',
    numbers: [
      10928, 10929, 10930, 10936, 17889, 22498, 40189, 40501, 40642, 40648, 40675, 40890, 40903,
      41823, 41840, 45153, 45156, 45157, 45161, 45182, 45319, 49510, 49918, 49919, 49920, 49977,
    ],
  },
  {
    code: 'store_busy',
    message: 'The server is short of memory: give it more, or reduce the load.',
    numbers: [701, 802, 8628, 8645, 8651, 9985, 30085],
  },
  {
    code: 'store_busy',
    message: 'Another process migrates the schema for too long: check it, then start again.',
    numbers: [51001],
  },
  {
    code: 'store_unavailable',
    mayBeDone: true,
    message: 'The database is failing over or restarting: try again shortly.',
    numbers: [
      20, 64, 121, 203, 233, 596, 997, 6005, 10053, 10054, 10060, 11001, 17197, 22430, 40020, 40143,
      40166, 40197, 40540, 40613, 40623, 40671, 40918, 40938, 41640, 41700, 41701, 49802, 49983,
    ],
  },
  {
    code: 'store_unavailable',
    message: 'The server is starting or stopping: try again shortly.',
    numbers: [17142, 17147, 17148, 17187, 17188, 17189, 17191, 18401, 18451, 18461],
  },
  {
    code: 'store_unavailable',
    message:
      'The database is coming up, or this replica of its availability group is not the primary: ' +
      'try again shortly. If it lasts, look at the error log of the server and connect to the ' +
      'listener of the group.',
    numbers: [
      615, 904, 905, 921, 922, 924, 927, 941, 942, 952, 954, 955, 956, 976, 978, 979, 982, 983, 988,
      4221, 42108, 42109,
    ],
  },
  {
    code: 'store_unavailable',
    message:
      'The database is marked SUSPECT: if it lasts, look at the error log of the server, and ' +
      'restore the last backup.',
    numbers: [926],
  },
  {
    code: 'store_unavailable',
    message:
      'The login may not open the database, or the database does not exist or is not up: check ' +
      'Database (Initial Catalog) in the connection string and create the user in that database.',
    numbers: [4060],
  },
  {
    // Of other statements than ours, or rare: EF Core repeats them, and so do we.
    code: 'store_unavailable',
    mayBeDone: true,
    message: 'The server asks for another try: if it lasts, see the cause.',
    numbers: [
      539, 601, 617, 669, 1404, 1413, 1421, 1438, 1532, 1533, 1534, 1535, 1807, 2021, 2816, 3429,
      3935, 4117, 4184, 5280, 5529, 6292, 7951, 9020, 9515, 10922, 11539, 14355, 14817, 14868,
      14906, 16528, 16554, 16555, 17065, 17066, 17067, 18858, 19413, 19416, 19494, 20041, 21503,
      22225, 22226, 22353, 22355, 22358, 22427, 22491, 22493, 22754, 22758, 22759, 22760, 22984,
      25003, 25738, 25740, 30080, 33123, 35216, 35218, 35256, 35293, 37202, 37327, 39025, 39108,
      39110, 39151, 39152, 40106, 41383, 41614, 41619, 42029, 45179, 45547, 47132, 47137, 47139,
    ],
  },
];
