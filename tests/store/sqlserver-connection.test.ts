import { describe, expect, test } from '@jest/globals';
import { poolConfig } from '../../src/store/sqlserver/connection.ts';

const timing = { connectTimeoutMs: 1, requestTimeoutMs: 2, maxWaitMs: 3 };
const BASE = 'Server=db.example,1444;Database=countersign';
const config = (connectionString: string, allowUntrusted = false) =>
  poolConfig({ connectionString, allowUntrusted, timing });
const refusal = (connectionString: string): string => {
  try {
    config(connectionString);
  } catch (error) {
    expect(error).toMatchObject({ name: 'StoreError', code: 'store_unavailable' });
    return String(error);
  }
  return 'taken';
};

describe('connection strings of a SQL Server store', () => {
  test('by default encrypts, checks the certificate and sets time limits', () => {
    expect(config(`${BASE};User Id=cs;Password=p`)).toMatchObject({
      server: 'db.example',
      port: 1444,
      database: 'countersign',
      user: 'cs',
      password: 'p',
      connectionTimeout: 1,
      requestTimeout: 2,
      validateConnection: 'socket',
      pool: { min: 0, max: 10, acquireTimeoutMillis: 3 },
      options: { encrypt: true, trustServerCertificate: false },
    });
  });

  test('takes over the pool size and strict encryption', () => {
    expect(config(`${BASE};Max Pool Size=40;Encrypt=strict`)).toMatchObject({
      pool: { max: 40 },
      options: { encrypt: 'strict' },
    });
  });

  test('takes over its time-outs in place of the defaults', () => {
    expect(config(`${BASE};Connect Timeout=60;Command Timeout=30`)).toMatchObject({
      connectionTimeout: 60_000,
      requestTimeout: 30_000,
    });
    expect(refusal(`${BASE};Command Timeout=0`)).toMatch(/1 to 600 seconds/);
  });

  test.each([
    ['TrustServerCertificate=true', /certificate/],
    ['Encrypt=false', /encryption/],
  ])('rejects %s, and accepts it only where that is allowed', (part, words) => {
    expect(refusal(`${BASE};${part}`)).toMatch(words);
    expect(() => config(`${BASE};${part}`, true)).not.toThrow();
  });

  test.each([
    ['', /names no server/],
    ['nonsense', /names no server/],
    ['Server=db.example', /names no database/],
    [`${BASE};Authentication=Active Directory Magic`, /active directory managed identity/],
    [`${BASE};Authentication=Active Directory Service Principal;User Id=x`, /Tenant Id/],
  ])('rejects %j with a sentence', (given, words) => {
    expect(refusal(given)).toMatch(words);
  });

  test('no error message contains a password', () => {
    for (const part of ['Encrypt=false', 'Authentication=Magic', 'Database=']) {
      expect(refusal(`Server=h;Password=hunter2;${part}`)).not.toContain('hunter2');
    }
  });

  test.each([
    ['Active Directory Managed Identity;User Id=id', 'azure-active-directory-msi-vm', 'id'],
    ['Active Directory Default', 'azure-active-directory-default', undefined],
    [
      'Active Directory Service Principal;User Id=id;Password=s;Tenant Id=t',
      'azure-active-directory-service-principal-secret',
      'id',
    ],
  ])('Authentication=%s signs in with Microsoft Entra', (method, type, clientId) => {
    const made = config(`${BASE};Authentication=${method}`) as {
      authentication_type?: string;
      clientId?: string;
    };
    expect([made.authentication_type, made.clientId]).toEqual([type, clientId]);
  });
});
