import type { AddressPolicy } from './addresses.ts';
import { guardedConnector } from './guarded-connect.ts';
import type { Resolve } from './guarded-connect.ts';
import type { ProxySettings } from './proxy-route.ts';

/**
 * Connects to a target as a call of it would, TLS included, and sends nothing.
 *
 * @throws AddressRefused where the policy forbids its address; errors of Node for the network.
 */
export function probeTarget(options: {
  url: string;
  policy: AddressPolicy;
  timeoutMs: number;
  resolve?: Resolve;
  /** The proxy to connect through; null: none. */
  proxy?: ProxySettings | null;
}): Promise<void> {
  const { hostname, host, protocol, port } = new URL(options.url);
  const connect = guardedConnector({ ...options, connected: () => undefined });
  return new Promise((resolve, reject) => {
    connect({ hostname, host, protocol, port }, (error, socket) => {
      if (error !== null) return reject(error);
      socket.destroy();
      resolve();
    });
  });
}
