import sql from 'mssql';
import { StoreError } from '../../usecases/ports/store-error.ts';
import { encryptedConnector } from './encrypted-socket.ts';

export interface Timing {
  /** For a connection and its login (ms). */
  readonly connectTimeoutMs: number;
  /** For a statement's answer (ms). */
  readonly requestTimeoutMs: number;
  /** How long a call may wait for a free connection (ms). */
  readonly maxWaitMs: number;
}

const MAX_CONNECTIONS = 10;
const IDLE_MS = 30_000;
const CANCEL_MS = 1_000;

/**
 * What `Authentication=` may say, as tedious calls it. mssql takes any other word for a password
 * login, which would fail with a sentence that misleads.
 * learn.microsoft.com/sql/connect/ado-net/sql/azure-active-directory-authentication
 */
const AUTHENTICATION: Readonly<Record<string, string | undefined>> = {
  'sql password': 'default',
  sqlpassword: 'default',
  ntlm: 'ntlm',
  'active directory default': 'azure-active-directory-default',
  'active directory password': 'azure-active-directory-password',
  'active directory managed identity': 'azure-active-directory-msi-vm',
  'active directory msi': 'azure-active-directory-msi-vm',
  'active directory service principal': 'azure-active-directory-service-principal-secret',
};

/**
 * What the driver is given for a connection string: encrypted unless it says otherwise, bounded,
 * one round trip a statement. Encrypted means that a connection which is not breaks before the
 * login; `strict` begins with TLS and needs no help in that.
 *
 * @throws StoreError `store_unavailable` for a string that cannot be used, or one that switches
 *   encryption or the check of the certificate off without `allowUntrusted`.
 */
export function poolConfig({
  connectionString,
  allowUntrusted,
  timing,
}: {
  connectionString: string;
  allowUntrusted: boolean;
  timing: Timing;
}): sql.config {
  const parsed = parse(connectionString);
  if (!parsed.server) {
    throw unusable(
      'it names no server. It looks like ' +
        '`Server=HOST,1433;Database=countersign;User Id=…;Password=…`',
    );
  }
  if (!parsed.database) throw unusable('it names no database (Database=…)');
  const settings = settingsOf(connectionString);
  const given = parsed.options ?? {};
  const encrypt = settings.get('encrypt') === 'strict' ? 'strict' : (given.encrypt ?? true);
  const trusting = given.trustServerCertificate === true;
  if (!allowUntrusted && (trusting || encrypt === false)) {
    throw unusable(
      "it switches encryption or the check of the server's certificate off. Give the " +
        'server a certificate that this machine trusts (NODE_EXTRA_CA_CERTS names a private ' +
        'authority) and drop TrustServerCertificate and Encrypt',
    );
  }
  const { connectTimeoutMs, requestTimeoutMs, maxWaitMs } = timing;
  const config = {
    ...parsed,
    ...authenticationOf(parsed, settings),
    connectionTimeout: secondsOf(settings.get('connect timeout')) ?? connectTimeoutMs,
    requestTimeout: secondsOf(settings.get('command timeout')) ?? requestTimeoutMs,
    // mssql's own check of a pooled connection is a statement of its own before every statement.
    validateConnection: 'socket',
    pool: {
      min: 0,
      max: MAX_CONNECTIONS,
      ...parsed.pool,
      idleTimeoutMillis: IDLE_MS,
      acquireTimeoutMillis: maxWaitMs,
    },
    options: {
      ...given,
      encrypt,
      trustServerCertificate: trusting,
      ...(encrypt === true
        ? { connector: encryptedConnector({ inParallel: given.multiSubnetFailover === true }) }
        : {}),
      appName: settings.get('application name') ?? 'countersign',
      abortTransactionOnError: true,
      cancelTimeout: CANCEL_MS,
      maxRetriesOnTransientErrors: 0,
    },
  };
  // The types of mssql know neither this way to validate nor some of tedious' options.
  return config as sql.config;
}

/** The server and database that a connection string names, for messages. */
export function targetOf(config: sql.config): string {
  return `${config.server}:${config.port ?? 1433}/${config.database ?? ''}`;
}

function parse(connectionString: string): sql.config {
  try {
    return sql.ConnectionPool.parseConnectionString(connectionString) as sql.config;
  } catch (error) {
    // The cause is left out: it may quote the password.
    throw unusable(error instanceof TypeError ? 'it is no text' : 'it cannot be read');
  }
}

/** Keys and values in lower case, for what mssql's reading leaves out. */
function settingsOf(connectionString: string): ReadonlyMap<string, string> {
  return new Map(
    connectionString
      .split(';')
      .slice(0, 100)
      .flatMap((part) => {
        const at = part.indexOf('=');
        if (at < 0) return [];
        const value = part
          .slice(at + 1)
          .trim()
          .replace(/^(["'])(.*)\1$/, '$2');
        return [[part.slice(0, at).trim().toLowerCase(), value.toLowerCase()] as const];
      }),
  );
}

/** Milliseconds of a time that is given in whole seconds, from 1 s to 10 min; else undefined. */
function secondsOf(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const seconds = /^\d{1,3}$/.test(value) ? Number(value) : 0;
  if (seconds < 1 || seconds > 600) {
    throw unusable(`it gives a time of ${value} where 1 to 600 seconds may stand`);
  }
  return 1_000 * seconds;
}

function authenticationOf(
  parsed: sql.config & { clientId?: string; clientSecret?: string; tenantId?: string },
  settings: ReadonlyMap<string, string>,
): { authentication_type?: string; clientId?: string; clientSecret?: string } {
  const method = settings.get('authentication');
  if (method === undefined) return {};
  const type = AUTHENTICATION[method];
  if (type === undefined) {
    throw unusable(
      `it asks for Authentication=${method}, which is none of: ` +
        Object.keys(AUTHENTICATION).join(', '),
    );
  }
  // As other drivers do, the user's name is the client's id where an application signs in.
  const clientId = parsed.clientId ?? parsed.user;
  const clientSecret = parsed.clientSecret ?? parsed.password;
  if (type === 'azure-active-directory-service-principal-secret') {
    if (!clientId || !clientSecret || !parsed.tenantId) {
      throw unusable(
        'a service principal needs User Id (the client id), Password (its secret) ' +
          'and Tenant Id',
      );
    }
    return { authentication_type: type, clientId, clientSecret };
  }
  return { authentication_type: type, ...(clientId ? { clientId } : {}) };
}

function unusable(why: string): StoreError {
  return new StoreError(
    'store_unavailable',
    `The connection string of the store cannot be used: ${why}.`,
  );
}
