import { systemIds } from '../../../src/lib/ids.ts';
import { describeError, silentLogger } from '../../../src/lib/logger.ts';
import { poolConfig } from '../../../src/store/sqlserver/connection.ts';
import { openPool } from '../../../src/store/sqlserver/pool.ts';

/** Connects to a SQL Server as the store does. Argument: a connection string. Prints the result. */
const [connectionString = ''] = process.argv.slice(2);
const timing = { connectTimeoutMs: 10_000, requestTimeoutMs: 10_000, maxWaitMs: 100 };
try {
  const config = poolConfig({ connectionString, allowUntrusted: false, timing });
  const given = { config, ids: systemIds, log: silentLogger, maxWaitMs: 100, queueLimit: 1 };
  await (await openPool(given)).close();
  process.stdout.write('connected');
} catch (error) {
  process.stdout.write(describeError(error));
}
