import sql from 'mssql';
import { isIP } from 'node:net';
import { StoreError } from '../../usecases/ports/store-error.ts';
import { encryptedConnector } from './encrypted-socket.ts';

export interface Timing {
  /** Limit for connecting and logging in. */
  readonly connectTimeoutMs: number;
  /** Limit for the response to a statement. */
  readonly requestTimeoutMs: number;
  /** Limit for waiting for a free connection of the pool. */
  readonly maxWaitMs: number;
}

const MAX_CONNECTIONS = 10;
const IDLE_MS = 30_000;
const CANCEL_MS = 1_000;

/**
 * The values of `Authentication=`, with tedious' names for them. mssql treats any other value as a
 * password login, which fails with a misleading message.
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
 * The driver options for a connection string: encryption by default, time limits, and one round trip
 * a statement. `encryptedConnector` closes an unencrypted connection before the login. `strict` does
 * not need it, because it starts with TLS.
 *
 * @throws StoreError `store_unavailable` for an invalid string. Also for one that disables encryption
 *   or certificate validation without `allowUntrusted`.
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
      'it names no server. The form is ' +
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
      'it disables encryption or the validation of the certificate. Give the server a ' +
        'certificate that this machine trusts (NODE_EXTRA_CA_CERTS adds a private authority) ' +
        'and remove TrustServerCertificate and Encrypt',
    );
  }
  const { connectTimeoutMs, requestTimeoutMs, maxWaitMs } = timing;
  const config = {
    ...parsed,
    ...authenticationOf(parsed, settings),
    connectionTimeout: secondsOf(settings.get('connect timeout')) ?? connectTimeoutMs,
    requestTimeout: secondsOf(settings.get('command timeout')) ?? requestTimeoutMs,
    // By default mssql validates a pooled connection with an extra statement before each one.
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
        ? {
            connector: encryptedConnector({ inParallel: given.multiSubnetFailover === true }),
            ...tlsNameOf(parsed.server),
          }
        : {}),
      appName: settings.get('application name') ?? 'countersign',
      abortTransactionOnError: true,
      cancelTimeout: CANCEL_MS,
      maxRetriesOnTransientErrors: 0,
    },
  };
  // The types of mssql lack this value of validateConnection and some options of tedious.
  return config as sql.config;
}

/**
 * The name in TLS of a server given by IP address. Node warns about an address there (RFC 6066 3),
 * and with the dot that ends a full name it still checks the certificate against the address.
 */
function tlsNameOf(server: string): { serverName?: string } {
  return isIP(server) === 0 ? {} : { serverName: `${server}.` };
}

/** Server and database, for messages. */
export function targetOf(config: sql.config): string {
  return `${config.server}:${config.port ?? 1433}/${config.database ?? ''}`;
}

function parse(connectionString: string): sql.config {
  try {
    return sql.ConnectionPool.parseConnectionString(connectionString) as sql.config;
  } catch (error) {
    // Without the cause, which may quote the password.
    throw unusable(error instanceof TypeError ? 'it is not a string' : 'it cannot be parsed');
  }
}

/** Keys and values in lower case, for the settings that mssql's parser ignores. */
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

/** Converts whole seconds (1 to 600) to ms; undefined if not set. */
function secondsOf(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const seconds = /^\d{1,3}$/.test(value) ? Number(value) : 0;
  if (seconds < 1 || seconds > 600) {
    throw unusable(`it sets a time-out of ${value}; allowed are 1 to 600 seconds`);
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
      `it sets Authentication=${method}, which is none of: ` +
        Object.keys(AUTHENTICATION).join(', '),
    );
  }
  // For a service principal, User Id is the client id, as in other drivers.
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
