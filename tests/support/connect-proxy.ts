import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** A proxy on loopback that knows CONNECT alone. */
export interface ConnectProxy {
  readonly port: number;
  readonly url: string;
  /** The targets that clients asked for, as `host:port` (or a URL without CONNECT), in order. */
  readonly asked: readonly string[];
  stop(): Promise<void>;
}

/**
 * Starts a proxy that connects every target to one port of this machine, whatever its name. With
 * `credentials` (`user:password`) it answers 407 without them; `refuse` gives another status.
 */
export async function startConnectProxy(options: {
  targetPort: number;
  credentials?: string;
  /** For an https proxy; its name is localhost. */
  tls?: { key: string; cert: string };
  refuse?: (target: string) => number | undefined;
}): Promise<ConnectProxy> {
  const asked: string[] = [];
  const open = new Set<Socket>();
  const plain: RequestListener = (request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(405).end();
  };
  const { tls } = options;
  const server = tls ? createTlsServer(tls, plain) : createServer(plain);
  server.on('connect', (request: IncomingMessage, client: Socket, head: Buffer) => {
    const target = request.url ?? '';
    asked.push(target);
    client.on('error', () => client.destroy());
    const wanted = `Basic ${Buffer.from(options.credentials ?? '').toString('base64')}`;
    const denied = options.credentials && request.headers['proxy-authorization'] !== wanted;
    const status = denied ? 407 : options.refuse?.(target);
    if (status !== undefined) {
      client.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    const onward = connect(options.targetPort, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.write(head);
      onward.pipe(client).pipe(onward);
    });
    onward.on('error', () => client.destroy());
    client.on('close', () => onward.destroy());
    open.add(onward);
  });
  server.on('connection', (socket) => open.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: tls ? `https://localhost:${port}` : `http://127.0.0.1:${port}`,
    asked,
    stop: () =>
      new Promise((resolve) => {
        for (const socket of open) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
