import { lookup as systemLookup } from 'node:dns';
import type { LookupAddress } from 'node:dns';
import { isIP } from 'node:net';
import type { LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import type { AddressPolicy } from './addresses.ts';
import { proxiedConnector } from './outgoing.ts';
import { proxyFor } from './proxy-route.ts';
import type { ProxySettings } from './proxy-route.ts';
import { unbracketed } from './unbracketed.ts';

/** Resolves a host name; by the operating system, unless a test injects a resolver. */
export type Resolve = (
  hostname: string,
  answered: (error: Error | null, addresses: readonly LookupAddress[]) => void,
) => void;

/** The target's name resolves to a refused address. */
export class AddressRefused extends Error {
  constructor(hostname: string, what = 'leads to a private or special address') {
    super(
      `${hostname.slice(0, 100)} ${what}. ` +
        "If that is meant, list the host or range under the executor's allowPrivate.",
    );
    this.name = 'AddressRefused';
  }
}

/**
 * A connector for undici that checks addresses at the connection. It connects to the checked
 * addresses, so DNS rebinding (another answer between check and use) has no effect. One refused
 * address refuses the name. `connected` is called when a connection is established, including TLS:
 * before that nothing was sent.
 */
export function guardedConnector(options: {
  policy: AddressPolicy;
  timeoutMs: number;
  connected: () => void;
  resolve?: Resolve;
  /**
   * The proxy to connect through, which looks names up itself: then only addresses and the form of
   * a name can be judged.
   */
  proxy?: ProxySettings | null;
}): buildConnector.connector {
  const resolve = options.resolve ?? systemResolve;
  const lookup: LookupFunction = (hostname, asked, answer) => {
    resolve(hostname, (error, addresses) => {
      if (error) return answer(error, '', 0);
      const refused =
        addresses.length === 0 ||
        addresses.some(({ address }) => !options.policy.allows(hostname, address));
      const [first] = addresses;
      if (refused || first === undefined) return answer(new AddressRefused(hostname), '', 0);
      if (asked.all) return answer(null, [...addresses]);
      return answer(null, first.address, first.family);
    });
  };
  const connect = buildConnector({ lookup, timeout: options.timeoutMs, allowH2: false });
  const { proxy } = options;
  const through = proxy ? proxiedConnector(proxy, connect, options.timeoutMs) : connect;
  return (asked, done) => {
    const hostname = unbracketed(asked.hostname);
    const target = { host: hostname, port: Number(asked.port || 443) };
    if (proxyFor(proxy, target) && !options.policy.allowsName(hostname)) {
      return done(new AddressRefused(hostname, 'is an internal name or address'), null);
    }
    // An address in the URL needs no DNS lookup, so it is checked here.
    if (isIP(hostname) !== 0 && !options.policy.allows(hostname, hostname)) {
      return done(new AddressRefused(hostname), null);
    }
    return through(asked, (...result) => {
      if (result[0] === null) options.connected();
      done(...result);
    });
  };
}

const systemResolve: Resolve = (hostname, answered) => {
  systemLookup(hostname, { all: true }, (error, addresses) => answered(error, addresses ?? []));
};
