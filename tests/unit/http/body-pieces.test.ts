import { raw, startServer } from './support.ts';

/** The network may cut a request anywhere; the server must read the same body. */
const send = (body: string, more = '') =>
  [
    'POST /api/messages HTTP/1.1',
    'host: bot',
    'authorization: Bearer teams',
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}${more}`,
    '',
    '',
  ].join('\r\n');

const LAST = '\r\nconnection: close';
const first = JSON.stringify({ type: 'message', text: 'é'.repeat(3_000) });
const second = JSON.stringify({ type: 'message', text: 'two' });

let server: Awaited<ReturnType<typeof startServer>>;
beforeEach(async () => {
  server = await startServer();
});
afterEach(() => server.stop());

const whole = Buffer.from(send(first) + first);
const end = send(second, LAST) + second;

test.each<[string, (string | Buffer)[]]>([
  ['each in one piece with its head', [whole, end]],
  ['both in one piece', [Buffer.concat([whole, Buffer.from(end)])]],
  ['heads apart from bodies', [send(first), first, send(second, LAST), second]],
  ['cut within a character', [whole.subarray(0, 4_001), whole.subarray(4_001), end]],
  ['cut before the last byte', [whole.subarray(0, -1), whole.subarray(-1), end]],
  [
    "the second one's head in the first one's piece",
    [Buffer.concat([whole, Buffer.from(send(second, LAST))]), second],
  ],
  [
    'byte by byte at the end',
    [whole.subarray(0, -3), ...Array.from(whole.subarray(-3), (byte) => Buffer.of(byte)), end],
  ],
])('reads two bodies of one connection: %s', async (_, pieces) => {
  const answers = await raw(server.port, pieces, { gapMs: 20 });
  expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200']);
  expect(server.bodies).toEqual([JSON.parse(first), JSON.parse(second)]);
});

test('treats bytes after the declared length as another, invalid request', async () => {
  const answers = await raw(server.port, [send(second) + second, '}}\r\n\r\n'], { answers: true });
  expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400']);
  expect(server.bodies).toEqual([JSON.parse(second)]);
});

test('closes the connection where such bytes come in one piece with the body', async () => {
  await raw(server.port, [send(second) + second + '}}\r\n\r\n']);
  expect(server.bodies).toEqual([JSON.parse(second)]);
});
