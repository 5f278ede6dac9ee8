import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { sleep } from '../../src/lib/loop.ts';
import { post, raw, startServer } from '../unit/http/support.ts';
import type { Harness } from '../unit/http/support.ts';
import { startChild } from './child.ts';

const garbage = Buffer.from('this is not gzip at all');
const MB = 1_048_576;
/** 200 KB that unzip to 200 MB; below the 256 KiB limit of the stock server. */
const bomb = gzipSync(Buffer.alloc(200 * MB), { level: 9 });

const head = (path: string, headers: Record<string, string | number>) =>
  [
    `POST ${path} HTTP/1.1`,
    'host: bot',
    'authorization: Bearer mia',
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    '',
    '',
  ].join('\r\n');

const zipped = (body: Buffer) => [
  head('/api/messages', {
    connection: 'close',
    'content-type': 'application/json',
    'content-encoding': 'gzip',
    'content-length': body.length,
  }),
  body,
];

describe('compressed bodies', () => {
  test('stock restify crashes on garbage declared as gzip', async () => {
    const stock = await startChild('stock-restify.ts');
    try {
      await raw(stock.port, zipped(garbage));
      expect(await stock.ended(5_000)).toBe(1);
    } finally {
      await stock.stop();
    }
  });

  test('stock restify unzips a small bomb into memory, past its maxBodySize', async () => {
    const stock = await startChild('stock-restify.ts');
    try {
      const before = await stock.peakMemory();
      await raw(stock.port, zipped(bomb));
      expect((await stock.peakMemory()) - before).toBeGreaterThan(150 * MB);
    } finally {
      await stock.stop();
    }
  });

  test('our server answers both with 415, without a crash or memory growth', async () => {
    const ours = await startChild('our-server.ts');
    try {
      await fetch(`http://127.0.0.1:${ours.port}/healthz`);
      const before = await ours.peakMemory();
      for (const body of [garbage, bomb, garbage]) {
        const answer = await raw(ours.port, zipped(body));
        expect(answer).toMatch(/^HTTP\/1\.1 415 /);
        expect(answer).toContain('"code":"content_encoding_refused"');
      }
      expect((await ours.peakMemory()) - before).toBeLessThan(30 * MB);
      expect((await fetch(`http://127.0.0.1:${ours.port}/healthz`)).status).toBe(200);
    } finally {
      await ours.stop();
    }
  });
});

describe('refused bodies', () => {
  let server: Harness;
  const routes = ['/api/messages', '/v1/requests'] as const;

  beforeEach(async () => {
    server = await startServer({
      limits: { bodyTimeoutMs: 300, requestTimeoutMs: 1_500, headersTimeoutMs: 500, sweepMs: 100 },
    });
  });
  afterEach(async () => {
    const alive = await fetch(`${server.url}/healthz`);
    await server.stop();
    expect(alive.status).toBe(200);
    expect([server.bodies, server.app.submitted, server.errors]).toEqual([[], [], []]);
  });

  const expectProblem = async (answer: Promise<Response>, status: number, code: string) => {
    const response = await answer;
    const problem = (await response.json()) as { code: string };
    expect([response.status, problem.code]).toEqual([status, code]);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
  };

  describe.each(routes)('%s', (path) => {
    test.each([
      ['other encodings', { 'content-encoding': 'br' }, 'content_encoding_refused'],
      ['the encoding identity', { 'content-encoding': 'identity' }, 'content_encoding_refused'],
      ['a form', { 'content-type': 'application/x-www-form-urlencoded' }, 'media_type_refused'],
      ['multipart', { 'content-type': 'multipart/form-data; boundary=x' }, 'media_type_refused'],
      [
        'another charset',
        { 'content-type': 'application/json; charset=utf-16' },
        'media_type_refused',
      ],
      [
        'another JSON type',
        { 'content-type': 'application/json-patch+json' },
        'media_type_refused',
      ],
    ])('%s', async (_name, headers, code) => {
      await expectProblem(post(server.url + path, '{}', headers), 415, code);
    });

    test.each([
      ['not JSON', '{"a":', 'json_invalid'],
      ['nothing', '', 'json_invalid'],
      ['two JSON values', '{} {}', 'json_invalid'],
      ['a byte order mark', '\ufeff{}', 'json_invalid'],
      ['NaN', '{"a":NaN}', 'json_invalid'],
      ['a comment', '{/*x*/}', 'json_invalid'],
      ['a duplicate key', '{"a":1,"a":2}', 'json_duplicate_key'],
      ['a duplicate key, once escaped', '{"a":1,"\\u0061":2}', 'json_duplicate_key'],
      [
        'a duplicate key in a nested object',
        '{"a":[{"b":{"c":1,"d":"}","c":2}}]}',
        'json_duplicate_key',
      ],
      ['a __proto__ key', '{"__proto__":{"admin":true}}', 'json_invalid'],
      ['an escaped __proto__ key', '{"\\u005f_proto__":{"admin":true}}', 'json_invalid'],
      ['deeply nested arrays', '['.repeat(33) + ']'.repeat(33), 'json_too_deep'],
      ['deeply nested objects', '{"a":'.repeat(40) + '1' + '}'.repeat(40), 'json_too_deep'],
      ['60,000 levels', '['.repeat(60_000), 'json_too_deep'],
      ['60,000 quotes', `"${'\\"'.repeat(30_000)}`, 'json_invalid'],
    ])('%s', async (_name, body, code) => {
      await expectProblem(post(server.url + path, body), 400, code);
    });

    test('refuses bytes that are not UTF-8', async () => {
      const wrong = [
        [0x22, 0xff, 0x22],
        [0x22, 0xc0, 0xaf, 0x22],
        [0x22, 0xed, 0xa0, 0x80, 0x22],
      ];
      for (const bytes of wrong) {
        await expectProblem(post(server.url + path, Buffer.from(bytes)), 400, 'body_not_utf8');
      }
    });

    test('refuses one byte over the limit, declared or chunked', async () => {
      const limit = path === '/api/messages' ? 262_144 : 65_536;
      const body = JSON.stringify('x'.repeat(limit - 1));
      await expectProblem(post(server.url + path, body), 413, 'body_too_large');
      const chunks = [
        head(path, { 'content-type': 'application/json', 'transfer-encoding': 'chunked' }),
        `${body.length.toString(16)}\r\n${body}\r\n`,
      ];
      const answer = await raw(server.port, chunks);
      expect(answer).toMatch(/^HTTP\/1\.1 413 [^]*"code":"body_too_large"/);
    });

    test('refuses a declared length of one gigabyte at once', async () => {
      const headers = { 'content-type': 'application/json', 'content-length': 1_073_741_824 };
      const answer = await raw(server.port, [head(path, headers)]);
      expect(answer).toMatch(/^HTTP\/1\.1 413 [^]*connection: close/i);
    });

    test('ends a slow body after the time limit', async () => {
      const started = performance.now();
      const headers = { 'content-type': 'application/json', 'content-length': 10_000 };
      const bytes = Array.from({ length: 60 }, () => ' ');
      const answer = await raw(server.port, [head(path, headers), ...bytes], { gapMs: 50 });
      expect(answer).toMatch(/^HTTP\/1\.1 408 [^]*"code":"body_timeout"/);
      expect(performance.now() - started).toBeLessThan(5_000);
    });

    test('does not call the handler when the sender disconnects', async () => {
      const socket = connect(server.port, '127.0.0.1');
      socket.write(head(path, { 'content-type': 'application/json', 'content-length': 100 }));
      socket.write('{"a":');
      await sleep(50);
      socket.destroy();
      await sleep(50);
    });
  });

  test('refuses two Content-Length headers, or a length with chunks', async () => {
    for (const headers of [
      'content-length: 2\r\ncontent-length: 3',
      'content-length: 2\r\ntransfer-encoding: chunked',
      'transfer-encoding: chunked\r\ntransfer-encoding: identity',
      'content-length: +2',
    ]) {
      const request = `POST /v1/requests HTTP/1.1\r\nhost: x\r\n${headers}\r\n\r\n{}`;
      expect(await raw(server.port, [request])).toMatch(
        /^HTTP\/1\.1 400 [^]*"detail":"Send valid HTTP\/1\.1[^]*"code":"request_malformed"/,
      );
    }
  });

  test('refuses a GET with a body', async () => {
    const request = 'GET /healthz HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nhello';
    expect(await raw(server.port, [request])).toMatch(/^HTTP\/1\.1 400 [^]*body_unexpected/);
  });

  test('hostile JSON values reach the handler as plain data', async () => {
    const response = await post(`${server.url}/v1/requests`, '{"workflow":1e400}');
    expect(response.status).toBe(422);
  });
});

test('accepts bodies at the size limit', async () => {
  const server = await startServer();
  const deepest = '['.repeat(32) + ']'.repeat(32);
  const headers = { authorization: 'Bearer teams' };
  expect((await post(`${server.url}/api/messages`, deepest, headers)).status).toBe(200);
  const largest = JSON.stringify('x'.repeat(262_142));
  expect((await post(`${server.url}/api/messages`, largest, headers)).status).toBe(200);
  const repeated = '{"a":{"k":1},"b":{"k":2},"c":"\\"a\\":","d":["a","a"]}';
  expect(
    (
      await post(`${server.url}/api/messages`, repeated, {
        ...headers,
        'content-type': 'Application/JSON; charset="UTF-8"',
      })
    ).status,
  ).toBe(200);
  expect(server.bodies).toHaveLength(3);
  await server.stop();
});

test('random bytes never cause a 5xx', async () => {
  const server = await startServer();
  for (let round = 0; round < 100; round += 1) {
    const response = await post(`${server.url}/api/messages`, randomBytes(1 + round * 7));
    // A few random bytes can be valid JSON; then the token is missing.
    expect([400, 401]).toContain(response.status);
  }
  expect(server.errors).toEqual([]);
  await server.stop();
});
