import { request as requestHttp } from 'node:http';
import type { ClientRequest } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP } from 'node:net';
import type { Socket } from 'node:net';
import { shownProxy } from './proxy-route.ts';
import type { ProxyTarget } from './proxy-route.ts';
import { unbracketed } from './unbracketed.ts';

/** The proxy did not open a tunnel; the message says what it answered and what to do. */
export class ProxyError extends Error {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = 'ProxyError';
  }
}

/**
 * Opens a tunnel to a target through a proxy (CONNECT, RFC 9110 section 9.3.6). Nothing is sent to
 * the target before.
 *
 * @throws ProxyError where the proxy cannot be reached or refuses.
 */
export function openTunnel(
  proxy: URL,
  { host, port, timeoutMs }: ProxyTarget & { timeoutMs: number },
): Promise<Socket> {
  const target = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const through = `the proxy ${shownProxy(proxy.href)}`;
  return new Promise((resolve, reject) => {
    const fail = (message: string, cause?: unknown) =>
      reject(new ProxyError(`${through} ${message}`, { cause }));
    const asked = connectRequest(proxy, target, AbortSignal.timeout(timeoutMs));
    asked.once('connect', ({ statusCode = 0 }, socket: Socket, rest: Buffer) => {
      // The target speaks only after the client's TLS hello.
      if (statusCode >= 200 && statusCode < 300 && rest.length === 0) return resolve(socket);
      socket.destroy();
      return fail(refusal(statusCode, target));
    });
    asked.once('response', ({ statusCode = 0 }) => {
      asked.destroy();
      fail(refusal(statusCode, target));
    });
    asked.once('error', (cause) => fail(`cannot be reached, or does not answer in time`, cause));
    asked.end();
  });
}

function connectRequest(proxy: URL, target: string, signal: AbortSignal): ClientRequest {
  const { protocol, hostname, port, username, password } = proxy;
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const host = unbracketed(hostname);
  const options = {
    method: 'CONNECT',
    host,
    // Node would take the name in the header, which is the target's.
    servername: isIP(host) === 0 ? host : '',
    port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port),
    path: target,
    headers: {
      host: target,
      ...(username === ''
        ? {}
        : { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` }),
    },
    agent: false,
    signal,
  };
  return protocol === 'https:' ? requestHttps(options) : requestHttp(options);
}

function refusal(status: number, target: string): string {
  if (status === 407) {
    return `wants credentials (407): write user and password into its address`;
  }
  return `does not connect to ${target} (status ${status}): let it pass there, or list the host under noProxy`;
}
