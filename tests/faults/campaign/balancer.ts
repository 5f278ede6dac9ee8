import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';

const LOOK_MS = 25;
const GIVE_UP_MS = 10_000;

/** A TCP load balancer. */
export interface Balancer {
  stop(): Promise<void>;
}

/**
 * Listens on a loopback port and forwards connections round robin. It skips a port that refuses,
 * because its process was killed; while all refuse, the connection waits.
 */
export async function startBalancer({
  port,
  ports,
}: {
  port: number;
  ports: readonly number[];
}): Promise<Balancer> {
  const open = new Set<Socket>();
  let turn = 0;
  const accept = (client: Socket, waitedMs: number, tried: number) => {
    const next = ports[turn % ports.length] ?? 0;
    turn += 1;
    const server = connect({ port: next, host: '127.0.0.1' });
    open.add(server);
    server.once('connect', () => {
      server.off('error', refused);
      server.on('error', () => client.destroy());
      client.pipe(server).pipe(client);
    });
    const refused = () => {
      open.delete(server);
      if (client.destroyed) return;
      if (waitedMs >= GIVE_UP_MS) client.destroy();
      else if (tried + 1 < ports.length) accept(client, waitedMs, tried + 1);
      else setTimeout(() => accept(client, waitedMs + LOOK_MS, 0), LOOK_MS);
    };
    server.on('error', refused);
    server.on('close', () => {
      open.delete(server);
      if (server.pending === false) client.destroy();
    });
    client.on('close', () => server.destroy());
  };
  const listener = createServer((client) => {
    open.add(client);
    client.on('error', () => client.destroy());
    client.on('close', () => open.delete(client));
    accept(client, 0, 0);
  });
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject);
    listener.listen(port, '127.0.0.1', resolve);
  });
  return {
    stop: () =>
      new Promise((resolve) => {
        for (const socket of open) socket.destroy();
        listener.close(() => resolve());
      }),
  };
}
