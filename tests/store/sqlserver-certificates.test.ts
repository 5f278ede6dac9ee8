import { afterEach, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { privateAuthority } from '../support/self-signed.ts';
import { folder } from '../unit/cli/support.ts';
import { startTdsDouble } from './support/tds-double.ts';

const child = fileURLToPath(new URL('children/connect-once.ts', import.meta.url));

describe('the certificate of a SQL Server', () => {
  const stops: (() => unknown)[] = [];
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  });

  /** Connects in a process of its own: NODE_EXTRA_CA_CERTS is read at its start. */
  async function connect(options: { to: string; names: string[]; trusted: boolean }) {
    const authority = privateAuthority();
    const server = await startTdsDouble({
      answer: () => ({ rows: [] }),
      tls: authority.issue(...options.names),
    });
    const dir = folder({ 'ca.pem': authority.cert });
    stops.push(() => server.stop(), dir.remove);
    const env = { ...process.env, NODE_OPTIONS: '' };
    const ca = options.trusted ? { NODE_EXTRA_CA_CERTS: join(dir.path, 'ca.pem') } : {};
    const connectionString = server.connectionString
      .replace('127.0.0.1', options.to)
      .replace('Encrypt=false', '');
    const ran = await promisify(execFile)(process.execPath, [child, connectionString], {
      env: { ...env, ...ca },
    });
    return { ...ran, logins: server.logins() };
  }
  const connected = { stdout: 'connected', stderr: '', logins: 1 };

  test('of a private authority is accepted with NODE_EXTRA_CA_CERTS', async () => {
    const given = { to: 'localhost', names: ['localhost'] };
    expect(await connect({ ...given, trusted: true })).toEqual(connected);
    expect(await connect({ ...given, trusted: false })).toMatchObject({
      stdout: expect.stringMatching(/certificate/) as unknown,
      logins: 0,
    });
  });

  test('is checked against an IP address, without a deprecation warning', async () => {
    const given = { to: '127.0.0.1', trusted: true };
    expect(await connect({ ...given, names: ['127.0.0.1'] })).toEqual(connected);
    expect(await connect({ ...given, names: ['127.0.0.2'] })).toMatchObject({
      stdout: expect.stringMatching(/127\.0\.0\.1 is not in the cert's list/) as unknown,
      stderr: '',
      logins: 0,
    });
  });
});
