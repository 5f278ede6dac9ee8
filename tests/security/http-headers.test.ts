import { once } from 'node:events';
import { connect } from 'node:net';
import { eventually } from '../../src/local/find.ts';
import { get, raw, startServer } from '../unit/http/support.ts';
import type { Harness } from '../unit/http/support.ts';
import { startChild } from './child.ts';

const request = (target: string, headers: readonly string[], method = 'GET') =>
  [`${method} ${target} HTTP/1.1`, ...headers, '', ''].join('\r\n');
const badHosts = ['[', 'a b', 'a:99999', '', '%', 'a/../..', '\u0001x'];

test('stock restify crashes on an invalid Host header', async () => {
  const stock = await startChild('stock-restify.ts');
  try {
    await raw(stock.port, [request('/', ['host: ['])]);
    expect(await stock.ended(5_000)).toBe(1);
  } finally {
    await stock.stop();
  }
});

test('stock restify never closes the socket of an upgrade request', async () => {
  const stock = await startChild('stock-restify.ts');
  try {
    expect(await answered(stock.port)).toBe(false);
  } finally {
    await stock.stop();
  }
});

/** Whether an upgrade request gets an answer within a second. */
function answered(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.write(request('/healthz', ['host: x', 'connection: Upgrade', 'upgrade: websocket']));
    socket
      .on('data', () => end(true))
      .on('error', () => end(false))
      .on('close', () => end(false));
    const timer = setTimeout(() => end(false), 1_000);
    const end = (result: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(result);
    };
  });
}

describe('ours', () => {
  let server: Harness;

  beforeEach(async () => {
    server = await startServer({
      limits: { headersTimeoutMs: 400, requestTimeoutMs: 800, sweepMs: 100, connections: 20 },
    });
  });
  afterEach(async () => {
    const alive = await get(`${server.url}/healthz`);
    await server.stop();
    expect(alive.status).toBe(200);
    expect(server.errors).toEqual([]);
  });

  test('survives any Host header', async () => {
    for (const host of badHosts) {
      const answer = await raw(server.port, [
        request('/healthz', [`host: ${host}`, 'connection: close']),
      ]);
      expect(answer).toMatch(/^HTTP\/1\.1 (200|400) /);
    }
  });

  test.each([
    '*',
    'http://evil.example/healthz',
    '//',
    '/%',
    '/%zz',
    '/v1/requests/%ff',
    '/\\..\\x',
    '/a"b',
    '/v1/requests/%2e%2e/x',
    `/${'x'.repeat(9_000)}`,
    '/v1/requests/%00',
    '/<script>',
    '/[',
    '/v1/requests/__proto__',
    '/v1/requests/constructor',
    `/v1/requests/${'9'.repeat(500)}`,
  ])('refuses the target %s', async (target) => {
    const answer = await raw(server.port, [
      request(target, ['host: x', 'connection: close', 'authorization: Bearer mia']),
    ]);
    expect(answer).toMatch(/^HTTP\/1\.1 (400|404) /);
    expect(answer).toContain('application/problem+json');
    expect(answer).not.toContain('<script>');
  });

  test.each(['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND'])(
    'refuses the method %s',
    async (method) => {
      const answer = await raw(server.port, [request('/v1/requests', ['host: x'], method)]);
      expect(answer).toMatch(/^HTTP\/1\.1 405 [^]*allow: GET, HEAD, POST/i);
    },
  );

  test('TRACE and CONNECT echo nothing', async () => {
    const trace = await raw(server.port, [request('/', ['host: x', 'cookie: secret=1'], 'TRACE')]);
    expect(trace).toMatch(/^HTTP\/1\.1 405 /);
    expect(trace).not.toContain('secret');
    expect(await raw(server.port, [request('x:443', ['host: x'], 'CONNECT')])).not.toMatch(/ 200 /);
  });

  test('refuses too many headers and too long headers', async () => {
    const many = Array.from({ length: 200 }, (_, at) => `x-${at}: 1`);
    expect(await raw(server.port, [request('/healthz', ['host: x', ...many])])).toMatch(
      /^HTTP\/1\.1 431 [^]*"code":"headers_too_large"/,
    );
    expect(
      await raw(server.port, [request('/healthz', ['host: x', `x: ${'y'.repeat(20_000)}`])]),
    ).toMatch(/^HTTP\/1\.1 431 [^]*"code":"headers_too_large"/);
  });

  test.each(['authorization', 'content-type'])('refuses a second %s header', async (name) => {
    const headers = ['host: x', `${name}: Bearer mia`, `${name.toUpperCase()}: Bearer amara`];
    expect(await raw(server.port, [request('/v1/workflows', headers)])).toMatch(
      /^HTTP\/1\.1 400 [^]*"code":"header_invalid"/,
    );
  });

  test('answers broken HTTP with a problem document and closes the connection', async () => {
    for (const text of [
      'NONSENSE\r\n\r\n',
      'GET / HTTP/9.9\r\n\r\n',
      '\u0016\u0003\u0001\u0002',
      'GET /healthz HTTP/1.1\r\nhost: x\r\nbad header\r\n\r\n',
      'GET /healthz HTTP/1.1\r\nhost: x\r\nx: a\u0000b\r\n\r\n',
      'GET /healthz HTTP/1.1\r\nx: no host\r\n\r\n',
    ]) {
      expect(await raw(server.port, [text])).toMatch(/^HTTP\/1\.1 400 /);
    }
  });

  test('ends slow headers after the time limit', async () => {
    const started = performance.now();
    const many = Array.from({ length: 100 }, (_, at) => `x${at}: 1\r\n`);
    const parts = ['GET /healthz HTTP/1.1\r\n', ...many];
    expect(await raw(server.port, parts, { gapMs: 30 })).toMatch(/^HTTP\/1\.1 408 /);
    expect(performance.now() - started).toBeLessThan(3_000);
  });

  test('handles an upgrade as an ordinary request', async () => {
    expect(await answered(server.port)).toBe(true);
  });

  test('drops connections over the limit, and accepts new ones afterwards', async () => {
    const idle = Array.from({ length: 40 }, () =>
      connect(server.port, '127.0.0.1').on('error', () => undefined),
    );
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(idle.filter((socket) => !socket.closed).length).toBeLessThanOrEqual(20);
    for (const socket of idle) socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 100));
  });

  test('answers requests over the limit with 503 and Retry-After, and keeps running', async () => {
    const small = await startServer({ limits: { inFlight: 1 } });
    const first = get(`${small.url}/v1/requests/req_1/wait?timeoutSeconds=60`);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const second = await get(`${small.url}/readyz`);
    expect([second.status, second.headers.get('retry-after')]).toEqual([503, '1']);
    expect((await get(`${small.url}/healthz`)).status).toBe(200);
    await small.stop();
    expect((await first).status).toBe(200);
    expect(small.errors).toEqual([]);
  });

  test('disconnects clients that keep the connection open after broken HTTP', async () => {
    const halfOpen = Array.from({ length: 20 }, () => {
      const socket = connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true });
      socket
        .on('error', () => undefined)
        .resume()
        .write('NONSENSE\r\n\r\n');
      return socket;
    });
    await Promise.all(halfOpen.map((socket) => once(socket, 'end')));
    // These clients hold every connection until the server closes its half.
    await eventually('a slot is free again', () =>
      get(`${server.url}/healthz`).then(
        ({ ok }) => ok,
        () => false,
      ),
    );
    for (const socket of halfOpen) socket.destroy();
  });

  test('disconnects a client that does not read its answers', async () => {
    const small = await startServer({
      limits: { inFlight: 4, silenceMs: 2_000 },
      pages: {
        ...server.pages,
        asset: () => ({
          status: 200,
          headers: { 'content-type': 'text/plain' },
          body: Buffer.alloc(20 * 1_048_576),
        }),
      },
    });
    const unread = Array.from({ length: 4 }, () => {
      const socket = connect(small.port, '127.0.0.1')
        .on('error', () => undefined)
        .pause();
      socket.write(request('/assets/large', ['host: x']));
      return socket;
    });
    await eventually(
      'no slot is free',
      async () => (await get(`${small.url}/readyz`)).status === 503,
    );
    await eventually('a slot is free again', async () => (await get(`${small.url}/readyz`)).ok);
    for (const socket of unread) socket.destroy();
    await small.stop();
  });

  test('answers pipelined requests in order', async () => {
    const one = request('/healthz', ['host: x']);
    const answer = await raw(server.port, [
      one + one + request('/nowhere', ['host: x', 'connection: close']),
    ]);
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual([
      'HTTP/1.1 200',
      'HTTP/1.1 200',
      'HTTP/1.1 404',
    ]);
  });
});
