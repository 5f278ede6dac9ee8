import { describe, expect, test } from '@jest/globals';
import { createAddressPolicy } from '../../../src/net/addresses.ts';
import { guardedConnector } from '../../../src/net/guarded-connect.ts';
import { proxyFor } from '../../../src/net/proxy-route.ts';
import { startConnectProxy } from '../../support/connect-proxy.ts';

const url = 'http://proxy.contoso.test:3128';
const through = (noProxy: string[], host: string, port = 443) =>
  proxyFor({ url, noProxy }, { host, port }) !== undefined;

describe('the choice of the proxy', () => {
  test.each([
    [[], 'idp.contoso.test', 443, true],
    [['*'], 'idp.contoso.test', 443, false],
    [['contoso.test'], 'contoso.test', 443, false],
    [['contoso.test'], 'idp.contoso.test', 443, false],
    [['.contoso.test'], 'IDP.Contoso.Test.', 443, false],
    [['*.contoso.test'], 'idp.contoso.test', 443, false],
    [['contoso.test'], 'notcontoso.test', 443, true],
    [['idp.contoso.test'], 'contoso.test', 443, true],
    [['idp.contoso.test:8443'], 'idp.contoso.test', 443, true],
    [['idp.contoso.test:8443'], 'idp.contoso.test', 8_443, false],
    [['10.0.0.0/8'], '10.20.30.40', 443, false],
    [['10.0.0.0/8'], '11.20.30.40', 443, true],
    [['10.0.0.0/8'], 'ten.contoso.test', 443, true],
    [['203.0.113.7:443'], '203.0.113.7', 443, false],
    [['2001:db8::/32'], '2001:db8::5', 443, false],
    [['[2001:db8::5]:443'], '2001:db8::5', 443, false],
    [['2001:db8::5'], '2001:db8::6', 443, true],
    [['', '.', '*.', ':', '[', '1:2:3'], 'idp.contoso.test', 443, true],
  ] as const)('with noProxy %j, %s:%i goes through it: %s', (noProxy, host, port, expected) => {
    expect(through([...noProxy], host, port)).toBe(expected);
  });

  test.each(['localhost', 'a.localhost', '127.0.0.1', '::1', '169.254.169.254', 'fe80::1'])(
    '%s never goes through it',
    (host) => {
      expect(through([], host)).toBe(false);
    },
  );
});

describe('the guard of addresses, through a proxy', () => {
  const connecting = (host: string, allowPrivate: string[] = []) =>
    new Promise<string>((resolve) => {
      void startConnectProxy({ targetPort: 1, refuse: () => 418 }).then((proxy) => {
        const connector = guardedConnector({
          policy: createAddressPolicy(allowPrivate),
          timeoutMs: 5_000,
          connected: () => undefined,
          proxy: { url: proxy.url, noProxy: [] },
        });
        const bracketed = host.includes(':') ? `[${host}]` : host;
        connector({ hostname: bracketed, protocol: 'https:', port: '443' }, (...[error]) => {
          void proxy.stop().then(() => resolve(`${error?.name} after ${proxy.asked.length}`));
        });
      });
    });

  test.each([
    '10.0.0.5',
    '192.168.1.1',
    'fd00::1',
    '100.100.100.200',
    'deploy',
    'deploy.corp',
    'printer.local',
    'metadata.google.internal',
    'nas.home.arpa.',
  ])('%s is refused before the proxy is asked', async (host) => {
    expect(await connecting(host)).toBe('AddressRefused after 0');
  });

  test.each([
    ['hooks.contoso.test', []],
    ['8.8.8.8', []],
    ['10.0.0.5', ['10.0.0.0/8']],
    ['deploy.corp', ['deploy.corp']],
  ])('%s is left to the proxy, with allowPrivate %j', async (host, allowPrivate) => {
    expect(await connecting(host, allowPrivate)).toBe('ProxyError after 1');
  });
});
