/** Stock tedious and our store with a server that does not encrypt. */
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import sql from 'mssql';
import type { Socket } from 'node:net';
import { systemIds } from '../../src/lib/ids.ts';
import { describeError, silentLogger } from '../../src/lib/logger.ts';
import { poolConfig } from '../../src/store/sqlserver/connection.ts';
import { openPool } from '../../src/store/sqlserver/pool.ts';
import { selfSigned } from '../support/self-signed.ts';
import { startTdsDouble } from './support/tds-double.ts';
import type { TdsDouble } from './support/tds-double.ts';
import type { ServerTls } from './support/tds-tls.ts';
import { loginTokens, packet, preloginPayload, routingTokens } from './support/tds-tokens.ts';

const [OFF, ON, NOT_SUPPORTED, REQUIRED] = [0, 1, 2, 3];

const stops: (() => unknown)[] = [];
let tls: ServerTls;
beforeAll(() => {
  tls = selfSigned();
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function double(
  script: Omit<Parameters<typeof startTdsDouble>[0], 'answer'>,
): Promise<TdsDouble> {
  const started = await startTdsDouble({
    answer: (text) => ({ rows: text.includes('SELECT 7') ? [{ n: '7' }] : [] }),
    ...script,
  });
  stops.push(() => started.stop());
  return started;
}
const encrypted = ({ connectionString }: TdsDouble) =>
  connectionString
    .replace('Encrypt=false', 'Encrypt=true;TrustServerCertificate=true')
    // TLS server names cannot be IP addresses.
    .replace('127.0.0.1', 'localhost');

/** Stock mssql and tedious. */
async function stock(connectionString: string): Promise<string> {
  const pool = new sql.ConnectionPool(connectionString);
  try {
    await pool.connect();
    await pool.close();
    return 'connected';
  } catch (error) {
    return describeError(error);
  }
}

/** Opens a pool of our store; returns its answer to a statement. */
async function ours(
  connectionString: string,
  { allowUntrusted = true, connectTimeoutMs = 4_000 } = {},
): Promise<unknown> {
  const timing = { connectTimeoutMs, requestTimeoutMs: 2_000, maxWaitMs: 10_000 };
  const pool = await openPool({
    config: poolConfig({ connectionString, allowUntrusted, timing }),
    ids: systemIds,
    log: silentLogger,
    maxWaitMs: 300,
    queueLimit: 10,
  });
  const rows = await pool.all({ sql: 'SELECT 7', parameters: {} }, {}, { repeat: 'twice' });
  await pool.close();
  return rows;
}
const refusalOf = (connectionString: string) =>
  ours(connectionString).then(
    () => 'opened',
    (error: unknown) => error,
  );
const SENTENCE =
  /keeps the connection from being encrypted, so no login was sent: enable encryption/;
const notEncrypted = {
  name: 'StoreError',
  code: 'store_unavailable',
  message: expect.stringMatching(SENTENCE) as unknown,
};

/** PRELOGIN options of a server: token and value. */
function options(...given: [token: number, ...value: number[]][]): Buffer {
  let at = 5 * given.length + 1;
  const heads = given.map(([token, ...value]) => {
    const head = Buffer.from([token, 0, at, 0, value.length]);
    at += value.length;
    return head;
  });
  return Buffer.concat([...heads, Buffer.from([0xff, ...given.flatMap(([, ...value]) => value)])]);
}
const version: [number, ...number[]] = [0, 16, 0, 0, 0, 0, 0];

/** Sends each byte in its own TCP segment. */
async function bytewise(socket: Socket, bytes: Buffer): Promise<void> {
  socket.setNoDelay(true);
  for (const byte of bytes) {
    socket.write(Buffer.from([byte]));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
function endlessly(socket: Socket, bytes: Buffer): void {
  const on = () => {
    if (!socket.destroyed) socket.write(bytes, () => setImmediate(on));
  };
  on();
}

describe('a server that does not encrypt, with a client that requires it', () => {
  test.each([
    ['not supported', () => preloginPayload(NOT_SUPPORTED)],
    ['off', () => preloginPayload(OFF)],
    ['without an encryption option', () => options(version)],
    ['yes, then no', () => options(version, [1, ON], [1, NOT_SUPPORTED])],
  ])('stock tedious logs in in plain text when it answers: %s', async (_name, payload) => {
    const server = await double({ prelogin: (socket) => socket.write(packet(payload())) });
    expect(await stock(encrypted(server))).toBe('connected');
    expect(server.logins()).toBe(1);
    expect(await refusalOf(encrypted(server))).toMatchObject(notEncrypted);
    expect(server.logins()).toBe(1);
  });

  const answering = (payload: Buffer) => (socket: Socket) => socket.write(packet(payload));
  test.each<[string, (socket: Socket) => unknown, RegExp]>([
    [
      'no, byte by byte',
      (socket) => bytewise(socket, packet(preloginPayload(NOT_SUPPORTED))),
      /does not encrypt \(it answered 2\)/,
    ],
    ['an undefined number', answering(preloginPayload(0x20)), /it answered 32/],
    ['yes, then no', answering(options(version, [1, ON], [1, NOT_SUPPORTED])), /it answered 1, 2/],
    ['no, then yes', answering(options(version, [1, NOT_SUPPORTED], [1, ON])), /it answered 2, 1/],
    [
      'an option without a value',
      answering(options([1], [0, ON, 0, 0, 0, 0, 0])),
      /option is invalid/,
    ],
    [
      'a value past the end of the answer',
      answering(Buffer.from([1, 0xff, 0, 0, 1, 0xff, ON])),
      /option is invalid/,
    ],
    ['options without an end', answering(Buffer.from([1, 0, 5, 0, 1, ON])), /is incomplete/],
    ['an empty packet', answering(Buffer.alloc(0)), /is incomplete/],
    ['another protocol', (socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'), /not TDS/],
    [
      'a packet shorter than its header',
      (socket) => socket.write(Buffer.from([4, 1, 0, 7, 0, 0, 0, 0])),
      /not TDS/,
    ],
    [
      'a packet of another type',
      (socket) => socket.write(packet(preloginPayload(ON), { type: 0x12 })),
      /not TDS/,
    ],
    [
      'packets without an end',
      (socket) => endlessly(socket, packet(Buffer.alloc(512), { last: false })),
      /too long/,
    ],
    [
      'a packet that is too long',
      (socket) =>
        socket.write(Buffer.concat([Buffer.from([4, 1, 0xff, 0xff]), Buffer.alloc(5_000)])),
      /too long/,
    ],
    [
      'yes, with a login answer that nobody asked for',
      (socket) => socket.write(Buffer.concat([packet(preloginPayload(ON)), packet(loginTokens())])),
      /bytes follow the answer/,
    ],
  ])('our store refuses it when it answers: %s', async (_name, prelogin, why) => {
    let asked = 0;
    const server = await double({
      prelogin(socket) {
        asked += 1;
        void prelogin(socket);
      },
    });
    const refusal = await refusalOf(encrypted(server));
    expect(server.logins()).toBe(0);
    expect(refusal).toMatchObject(notEncrypted);
    expect(describeError(refusal)).toMatch(why);
    // It would answer the same again, so there is no second try.
    expect(asked).toBe(1);
  });
});

describe('a server that encrypts, with a client that requires it', () => {
  const SEVEN = [{ n: '7' }];
  const cut = (bytes: Buffer) => [
    packet(bytes.subarray(0, 5), { last: false }),
    packet(bytes.subarray(5)),
  ];

  test.each<[string, ((socket: Socket) => unknown) | undefined]>([
    ['on', undefined],
    ['required', (socket) => socket.write(packet(preloginPayload(REQUIRED)))],
    ['on, byte by byte', (socket) => bytewise(socket, packet(preloginPayload(ON)))],
    ['on, in two packets', (socket) => socket.write(Buffer.concat(cut(preloginPayload(ON))))],
  ])(
    'sends the login and all later bytes through TLS when it answers: %s',
    async (_name, prelogin) => {
      const server = await double({ tls, ...(prelogin ? { prelogin } : {}) });
      expect(await ours(encrypted(server))).toEqual(SEVEN);
      expect(server.logins()).toBeGreaterThan(0);
    },
  );

  test('checks its certificate', async () => {
    const server = await double({ tls });
    const checked = encrypted(server).replace('TrustServerCertificate=true', '');
    expect(
      describeError(await ours(checked, { allowUntrusted: false }).catch((e: unknown) => e)),
    ).toMatch(/cannot be reached: .*certificate/);
    expect(server.logins()).toBe(0);
  });

  test('a connection taken over after the answer gets no login', async () => {
    let asked = 0;
    const server = await double({
      prelogin(socket) {
        asked += 1;
        // The handshake comes in PRELOGIN packets as well.
        socket.write(packet(preloginPayload(asked % 2 === 1 ? ON : NOT_SUPPORTED)));
      },
    });
    expect(await refusalOf(encrypted(server))).toMatchObject({ code: 'store_unavailable' });
    expect(server.logins()).toBe(0);
  });

  test('a server that it redirects to must encrypt as well', async () => {
    const sendingOn = (to: TdsDouble) =>
      double({
        tls,
        login: () => ({
          tokens: Buffer.concat([
            routingTokens({ host: 'localhost', port: to.port }),
            loginTokens(),
          ]),
        }),
      });
    const good = await double({ tls });
    expect(await ours(encrypted(await sendingOn(good)))).toEqual(SEVEN);
    const bad = await double({});
    const gateway = await sendingOn(bad);
    expect(await refusalOf(encrypted(gateway))).toMatchObject(notEncrypted);
    expect([gateway.logins(), bad.logins()]).toEqual([1, 0]);
  });

  test('bytes inserted after the handshake are no answer to the login', async () => {
    const thief = await double({ tls });
    const insertion = packet(
      Buffer.concat([routingTokens({ host: 'localhost', port: thief.port }), loginTokens()]),
    );
    const server = await double({ tls: { ...tls, insertion } });
    // Stock tedious accepts them as part of TLS, and sends its password to the server they name.
    expect(await stock(encrypted(server))).toBe('connected');
    expect(thief.logins()).toBe(1);
    expect(await refusalOf(encrypted(server))).toMatchObject(notEncrypted);
    expect(thief.logins()).toBe(1);
  });

  test('a client that does not require encryption gets none', async () => {
    const server = await double({});
    expect(await ours(server.connectionString)).toEqual(SEVEN);
    expect(server.logins()).toBeGreaterThan(0);
  });

  test('gives up a silent server after the connection time-out', async () => {
    const server = await double({ prelogin: () => undefined });
    expect(
      describeError(
        await ours(encrypted(server), { connectTimeoutMs: 300 }).catch((error: unknown) => error),
      ),
    ).toMatch(/cannot be reached.*in 300ms/);
  });
});
