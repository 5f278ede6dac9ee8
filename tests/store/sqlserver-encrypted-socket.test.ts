import { afterEach, describe, expect, test } from '@jest/globals';
import type { LookupAddress } from 'node:dns';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { poolConfig } from '../../src/store/sqlserver/connection.ts';
import { encryptedConnector } from '../../src/store/sqlserver/encrypted-socket.ts';

const V4 = '127.0.0.1';
const V6 = '::1';
const stops: (() => unknown)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

/** A server on IPv4 only, with its open connections. */
async function listening() {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket
      .on('close', () => open.delete(socket))
      .on('error', () => undefined)
      .resume();
  }).listen(0, V4);
  await once(server, 'listening');
  const stop = async () => {
    server.close();
    await once(server, 'close');
  };
  stops.push(() => server.close());
  return { port: (server.address() as AddressInfo).port, open, stop };
}
/** A DNS lookup that returns these addresses. */
const finding =
  (...addresses: string[]) =>
  (_host: string, _options: { all: true }, found: (e: null, a: LookupAddress[]) => void) =>
    found(
      null,
      addresses.map((address) => ({ address, family: address === V6 ? 6 : 4 })),
    );
const never = new AbortController().signal;

describe.each([
  ['in turn', false],
  ['in parallel', true],
])('connecting to the addresses of a server, %s', (_name, inParallel) => {
  const connect = encryptedConnector({ inParallel });

  test('tries the next address after one that refuses', async () => {
    const { port } = await listening();
    const socket = await connect({ host: 'db', port }, finding(V6, V4), never);
    stops.push(() => socket.destroy());
    expect(socket.remoteAddress).toBe(V4);
  });

  test('keeps one connection of those that succeed', async () => {
    const { port, open } = await listening();
    const socket = await connect({ host: 'db', port }, finding(V4, V4, V4), never);
    stops.push(() => socket.destroy());
    for (let looks = 0; open.size !== 1 && looks < 100; looks += 1) await sleep(10);
    await sleep(50);
    expect([open.size, socket.destroyed]).toEqual([1, false]);
  });

  test('reports every reason when no address accepts', async () => {
    const { port, stop } = await listening();
    await stop();
    const refused = { code: 'ECONNREFUSED' };
    await expect(connect({ host: 'db', port }, finding(V4, V4), never)).rejects.toMatchObject({
      errors: [refused, refused],
    });
  });

  test('an abort ends the DNS lookup with its reason', async () => {
    const over = new AbortController();
    const searching = connect({ host: 'db', port: 1 }, () => undefined, over.signal);
    over.abort(new Error('time is up'));
    await expect(searching).rejects.toThrow('time is up');
  });

  test('an abort ends every attempt with its reason', async () => {
    const { port, open } = await listening();
    const over = new AbortController();
    const connecting = connect({ host: 'db', port }, finding(V4, V4), over.signal);
    // As far as it gets before the network answers.
    for (let turns = 0; turns < 20; turns += 1) await Promise.resolve();
    over.abort(new Error('time is up'));
    await expect(connecting).rejects.toThrow('time is up');
    await sleep(50);
    expect(open.size).toBe(0);
  });
});

describe('the encryption guard', () => {
  const connectorOf = (rest: string) =>
    (
      poolConfig({
        connectionString: `Server=db;Database=d;${rest}`,
        allowUntrusted: true,
        timing: { connectTimeoutMs: 1, requestTimeoutMs: 1, maxWaitMs: 1 },
      }).options as { connector?: unknown }
    ).connector;

  test.each(['', 'Encrypt=true', 'Encrypt=mandatory', 'Encrypt=optional'])(
    'guards connections with %j',
    (rest) => expect(connectorOf(rest)).toBeInstanceOf(Function),
  );

  test.each(['Encrypt=strict', 'Encrypt=false'])('does not guard connections with %j', (rest) =>
    expect(connectorOf(rest)).toBeUndefined(),
  );
});
