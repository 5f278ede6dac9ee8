import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createAddressPolicy } from '../../../src/net/addresses.ts';
import { postOnce } from '../../../src/net/post-once.ts';

const BODY = 'the approved request';

let stop = () => Promise.resolve();
afterEach(() => stop());

/** A TCP target: `act` is called with each socket and all bytes that it has received. */
async function startTarget(act: (socket: Socket, received: string) => void) {
  const connections: string[] = [];
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    const at = connections.push('') - 1;
    sockets.add(socket);
    socket.on('error', () => undefined);
    act(socket, '');
    socket.on('data', (chunk: Buffer) => {
      connections[at] += chunk.toString();
      act(socket, connections[at] ?? '');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stop = () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  const { port } = server.address() as AddressInfo;
  return {
    connections,
    post: () =>
      postOnce({
        url: `http://127.0.0.1:${port}/hook`,
        headers: { 'content-type': 'text/plain' },
        body: BODY,
        timeoutMs: 2_000,
        policy: createAddressPolicy(['127.0.0.1']),
      }),
  };
}

describe('a call to a target', () => {
  test.each<[string, (socket: Socket, received: string) => void]>([
    ['resets the connection at once', (socket) => socket.resetAndDestroy()],
    [
      'resets it after the request',
      (socket, received) => received.endsWith(BODY) && socket.resetAndDestroy(),
    ],
    ['closes it after the request', (socket, received) => received.endsWith(BODY) && socket.end()],
    [
      'resets it within the head of its answer',
      (socket, received) => {
        if (!received.endsWith(BODY)) return;
        socket.write('HTTP/1.1 200 OK\r\ncontent-', () => socket.resetAndDestroy());
      },
    ],
  ])('is sent once when the target %s', async (_, act) => {
    const target = await startTarget(act);
    expect(await target.post()).toMatchObject({ kind: 'failed' });
    expect(target.connections).toHaveLength(1);
  });

  test('is sent once when the answer asks for a retry', async () => {
    const target = await startTarget((socket, received) => {
      if (received.endsWith(BODY)) {
        socket.end('HTTP/1.1 503 Busy\r\nretry-after: 0\r\ncontent-length: 0\r\n\r\n');
      }
    });
    expect(await target.post()).toMatchObject({ kind: 'answered', status: 503, retryAfter: '0' });
    expect(target.connections).toHaveLength(1);
  });

  test('keeps the status of an answer with a truncated or too long body', async () => {
    for (const [length, sent] of [
      [1_000, 'half'],
      [70_000, 'z'.repeat(70_000)],
    ] as const) {
      const target = await startTarget((socket, received) => {
        if (!received.endsWith(BODY)) return;
        socket.end(`HTTP/1.1 200 OK\r\ncontent-length: ${length}\r\n\r\n${sent}`);
      });
      expect(await target.post()).toMatchObject({ kind: 'answered', status: 200, body: '' });
      await stop();
    }
  });
});
