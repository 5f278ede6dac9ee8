import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** A TCP proxy between a client and a real server that can inject faults. */
export interface TcpProxy {
  readonly port: number;
  /** The number of open connections. */
  open(): number;
  /** Delays every later chunk in both directions (ms). */
  delay(ms: number): void;
  /**
   * `pass`; `refuse`: resets new connections, as a server that is down; `swallow`: drops all bytes
   * and keeps the connections open (a black hole); `deaf`: passes what clients send and drops the
   * answers (half open).
   */
  become(mode: ProxyMode): void;
  /** Resets all open connections. */
  reset(): void;
  /**
   * Passes the next bytes that a client sends on an open connection, and resets it at the answer.
   * It does not look into them, so that it works on an encrypted line.
   */
  loseNextAnswer(): void;
  /** The number of answers lost by `loseNextAnswer`. */
  lost(): number;
  stop(): Promise<void>;
}

export type ProxyMode = 'pass' | 'refuse' | 'swallow' | 'deaf';

interface Line {
  readonly client: Socket;
  readonly server: Socket;
  /** Whether the server has sent something: a new connection is not yet one that can lose an answer. */
  answered: boolean;
  losing: boolean;
}

/** Starts a proxy on loopback in front of a port of this machine (or of `host`). */
export async function startTcpProxy(target: { port: number; host?: string }): Promise<TcpProxy> {
  const lines = new Set<Line>();
  let mode: ProxyMode = 'pass';
  let delayMs = 0;
  let losing = false;
  let lost = 0;

  const later = (act: () => void) => {
    if (delayMs === 0) act();
    else setTimeout(act, delayMs);
  };
  const drop = (line: Line) => {
    lines.delete(line);
    line.client.resetAndDestroy();
    line.server.resetAndDestroy();
  };
  const accept = (client: Socket) => {
    client.on('error', () => client.destroy());
    if (mode === 'refuse') {
      client.resetAndDestroy();
      return;
    }
    const server = connect({ port: target.port, host: target.host ?? '127.0.0.1' });
    const line: Line = { client, server, answered: false, losing: false };
    lines.add(line);
    server.on('error', () => drop(line));
    client.on('close', () => drop(line));
    server.on('close', () => drop(line));
    client.on('data', (piece: Buffer) => {
      if (mode === 'swallow') return;
      if (losing && line.answered) {
        losing = false;
        line.losing = true;
      }
      later(() => server.write(piece));
    });
    server.on('data', (piece: Buffer) => {
      if (mode === 'swallow' || mode === 'deaf') return;
      if (line.losing) {
        lost += 1;
        drop(line);
        return;
      }
      line.answered = true;
      later(() => client.write(piece));
    });
  };

  const listener = createServer(accept);
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address() as AddressInfo;
  return {
    port,
    open: () => lines.size,
    delay(ms) {
      delayMs = ms;
    },
    become(next) {
      mode = next;
    },
    reset() {
      for (const line of [...lines]) drop(line);
    },
    loseNextAnswer() {
      losing = true;
    },
    lost: () => lost,
    stop: () =>
      new Promise((resolve) => {
        for (const line of [...lines]) drop(line);
        listener.close(() => resolve());
      }),
  };
}
